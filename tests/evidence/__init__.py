"""What the project claims, each claim proved by a module of this folder against real servers.

A proof says `TITLE = "..."` and `def run(proof, *, short: bool) -> None`, where it calls `proof.figure` and
`proof.note` (tests/evidence/runner/record.py). `TITLE_ZH` gives the title in Chinese, `TIME_LIMIT` the seconds
after which it is ended (20 minutes unless said). Its results are kept in evidence/<module>.json.
"""
