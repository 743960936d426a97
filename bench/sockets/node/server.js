// The yardstick: rooms on `ws` and `ioredis`, one Redis subscription for each room that has members.
import { createServer } from "node:http";
import Redis from "ioredis";
import { WebSocketServer } from "ws";

const rooms = new Map();
const redis = new Redis(process.env.REDIS_URL, { enableReadyCheck: false });
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false, maxPayload: 16384 });

redis.on("messageBuffer", (channel, text) => {
  const members = rooms.get(channel.toString());
  if (members) for (const socket of members) socket.send(text, { binary: false });
});

async function join(socket, channel) {
  let members = rooms.get(channel);
  if (!members) {
    members = new Set();
    rooms.set(channel, members);
    await redis.subscribe(channel);
  }
  members.add(socket);
  socket.on("close", () => {
    members.delete(socket);
    if (!members.size && rooms.get(channel) === members) {
      rooms.delete(channel);
      redis.unsubscribe(channel);
    }
  });
}

const server = createServer((request, response) => response.writeHead(404).end());
server.on("upgrade", (request, stream, head) => {
  const group = new URL(request.url, "http://localhost").searchParams.get("group");
  sockets.handleUpgrade(request, stream, head, (socket) => join(socket, `live:${group}`));
});
server.listen(Number(process.env.PORT), "127.0.0.1");
