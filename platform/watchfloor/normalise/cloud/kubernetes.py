"""Kubernetes' audit log: one event of audit.k8s.io/v1.

Adds the names of Sigma's kubernetes rules (`apiGroup`, `hostPath`, `capabilities`), and `privileged`, for pods and for
the workloads that make pods. Never reads a secret's content; it is in the event only if the cluster's policy puts it.
"""

from typing import Final

from watchfloor.normalise.cloud.reading import objects, put, texts
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.parsed import Parsed, as_object, as_text
from watchfloor.normalise.timestamps import parse_time

SOURCE: Final = "kubernetes.audit"
PARSER: Final = "kubernetes.audit/1"

LOGSOURCES: Final = (LogSource(product="kubernetes", category="application", service="audit"),)
"""What its events belong to."""
_SERVICE_ACCOUNT: Final = "system:serviceaccount:"
_NODE: Final = "system:node:"


def is_kubernetes(fields: dict[str, FieldValue]) -> bool:
    """Whether an object is an event of Kubernetes' audit log."""
    return "auditID" in fields and isinstance(fields.get("verb"), str) and "requestURI" in fields


def parse_kubernetes(fields: dict[str, FieldValue]) -> Parsed:
    """One stage of one request to the API server."""
    target = as_object(fields.get("objectRef"))
    _add_names(fields, target)
    audit_id = as_text(fields.get("auditID"))
    time = parse_time(fields.get("stageTimestamp")) or parse_time(fields.get("requestReceivedTimestamp"))
    return Parsed(
        source=SOURCE,
        logsources=LOGSOURCES,
        time=time,
        identity=("kubernetes", audit_id, as_text(fields.get("stage"))) if audit_id else None,
        fields=fields,
        entities=_entities(fields),
        summary=_summary(fields, target),
        parser=PARSER,
    )


def _add_names(fields: dict[str, FieldValue], target: dict[str, FieldValue]) -> None:
    put(fields, "apiGroup", target.get("apiGroup"))
    pod = _pod(as_object(as_object(fields.get("requestObject")).get("spec")))
    if not pod:
        return
    paths: list[FieldValue] = []
    for volume in objects(pod.get("volumes")):
        paths.extend(texts(as_object(volume.get("hostPath")).get("path")))
    put(fields, "hostPath", paths)
    added: list[FieldValue] = []
    privileged = False
    for name in ("containers", "initContainers", "ephemeralContainers"):
        for container in objects(pod.get(name)):
            security = as_object(container.get("securityContext"))
            added.extend(texts(as_object(security.get("capabilities")).get("add")))
            privileged = privileged or security.get("privileged") is True
    put(fields, "capabilities", added)
    if privileged:
        fields.setdefault("privileged", True)
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        put(fields, name, pod.get(name))


def _pod(spec: dict[str, FieldValue]) -> dict[str, FieldValue]:
    """The pod's specification inside of a pod, a workload or a scheduled job."""
    job = as_object(as_object(spec.get("jobTemplate")).get("spec"))
    template = as_object((job or spec).get("template"))
    return as_object(template.get("spec")) or (spec if "containers" in spec or "ephemeralContainers" in spec else {})


def _entities(fields: dict[str, FieldValue]) -> tuple[Entity, ...]:
    found = EntityList()
    for party in (fields.get("impersonatedUser"), fields.get("user")):
        name = as_text(as_object(party).get("username"))
        if name.startswith(_NODE):
            found.host(name.removeprefix(_NODE))
        elif name.startswith("arn:"):
            found.principal(name)
        elif name.startswith(_SERVICE_ACCOUNT) or not name.startswith("system:"):
            found.user(name)
            found.email(name)
    for address in texts(fields.get("sourceIPs")):
        found.ip(address)
    return found.found()


def _summary(fields: dict[str, FieldValue], target: dict[str, FieldValue]) -> str:
    who = as_text(as_object(fields.get("user")).get("username")) or "Someone"
    resource = "/".join(text for name in ("resource", "subresource") if (text := as_text(target.get(name))))
    place = "/".join(text for name in ("namespace", "name") if (text := as_text(target.get(name))))
    code = as_text(as_object(fields.get("responseStatus")).get("code"))
    where = next(iter(texts(fields.get("sourceIPs"))), "")
    return (
        f"{who}: {as_text(fields.get('verb'))} {resource or as_text(fields.get('requestURI'))}"
        f"{f' {place}' if place else ''}{f' from {where}' if where else ''}{f', answered {code}' if code else ''}"
    )
