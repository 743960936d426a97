"""Nothing inline and nothing foreign. django-csp 4 adds the nonce that import maps need.

`connect-src 'self'` covers the sockets of the same host as well. A text becomes HTML or the address of a script only
through the policies of core/static/js/trusted.js; their names stand here, and a name can be taken once only.
"""

from csp.constants import NONCE, NONE, SELF

CSP = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "media-src": [SELF, "blob:"],
        "worker-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["default", "looked-at"],
        "report-uri": ["/csp-report/"],
    },
}
