"""Web servers and web application firewalls: access logs, ModSecurity and Coraza, Cloudflare."""
