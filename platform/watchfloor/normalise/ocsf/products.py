"""Which product wrote a log, and whose it is: `metadata.product` of an OCSF document."""

from functools import lru_cache
from typing import Final

_PRODUCTS: Final = {
    "windows": ("Windows", "Microsoft"),
    "windows.sysmon": ("Sysmon", "Microsoft"),
    "windows.windefend": ("Defender Antivirus", "Microsoft"),
    "linux": ("Linux", "Linux"),
    "linux.auditd": ("Linux Audit", "Linux"),
    "linux.sysmon": ("Sysmon for Linux", "Microsoft"),
    "linux.sshd": ("OpenSSH", "OpenBSD"),
    "osquery": ("osquery", "osquery"),
    "aws.cloudtrail": ("CloudTrail", "AWS"),
    "aws.guardduty": ("GuardDuty", "AWS"),
    "aws.securityhub": ("Security Hub", "AWS"),
    "aws.vpcflow": ("VPC Flow Logs", "AWS"),
    "aws.alb": ("Application Load Balancer", "AWS"),
    "aws.cloudfront": ("CloudFront", "AWS"),
    "aws": ("AWS", "AWS"),
    "entra": ("Entra ID", "Microsoft"),
    "azure": ("Azure", "Microsoft"),
    "m365": ("Microsoft 365", "Microsoft"),
    "m365.defender": ("Defender XDR", "Microsoft"),
    "gcp": ("Google Cloud", "Google"),
    "google_workspace": ("Google Workspace", "Google"),
    "okta": ("Okta", "Okta"),
    "github": ("GitHub", "GitHub"),
    "kubernetes": ("Kubernetes", "Kubernetes"),
    "wazuh": ("Wazuh", "Wazuh"),
    "suricata": ("Suricata", "OISF"),
    "zeek": ("Zeek", "Zeek"),
    "modsecurity": ("ModSecurity", "OWASP"),
    "cloudflare": ("Cloudflare", "Cloudflare"),
    "fortigate": ("FortiGate", "Fortinet"),
    "sophos": ("Sophos Firewall", "Sophos"),
    "sonicwall": ("SonicWall", "SonicWall"),
    "watchguard": ("Firebox", "WatchGuard"),
    "checkpoint": ("Check Point", "Check Point"),
    "pfsense": ("pfSense", "Netgate"),
    "juniper": ("SRX", "Juniper"),
    "paloalto": ("PAN-OS", "Palo Alto Networks"),
    "cisco": ("Cisco", "Cisco"),
    "web.iis": ("IIS", "Microsoft"),
}


@lru_cache(maxsize=512)
def product_of(source: str) -> tuple[str, str]:
    """Name and vendor; a source that is not listed stands for itself."""
    found = _PRODUCTS.get(source) or _PRODUCTS.get(source.partition(".")[0])
    if found is None and source.startswith("cef."):
        found = _PRODUCTS.get(source.removeprefix("cef."))
    return found or (source, source.partition(".")[0])
