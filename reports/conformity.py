"""What WeasyPrint leaves open on the way to PDF/A-3a and PDF/UA-1, done on its objects before they are written.

Owns the PDF/UA identifier and our own properties in the XMP metadata (with the extension schema that PDF/A
asks for: ISO 19005-3, 6.6.2.3), the scope of table heads (ISO 14289-1, 7.5), and that page heads and feet are
artifacts, which nobody wants read aloud on each page (ISO 14289-1, 7.8). It changes nothing that is seen.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol, cast
from xml.sax.saxutils import escape

NAMESPACE: Final = "https://watchfloor.invalid/ns/report/1/"
PREFIX: Final = "wf"
"""The namespace of our own properties in the metadata, and its prefix."""
_CLOSE: Final = b"</rdf:RDF>"


class _Metadata(Protocol):
    generate_rdf_metadata: Callable[[str, int, str], bytes]


def identify(metadata: object, *, report_id: str, data_sha256: str) -> None:
    """Let the XMP metadata also say PDF/UA-1, which report this is, and the hash of its data."""
    described = cast("_Metadata", metadata)
    generate = described.generate_rdf_metadata

    def extended(variant: str, version: int, conformance: str) -> bytes:
        rdf = generate(variant, version, conformance)
        if not rdf.endswith(_CLOSE):
            raise AssertionError("the metadata writer changed; its last element is no longer rdf:RDF")
        return rdf.removesuffix(_CLOSE) + _extension(report_id, data_sha256) + _CLOSE

    described.generate_rdf_metadata = extended


def finish(document: object, pdf: object) -> None:
    """The last step before writing, with the signature that `write_pdf(finisher=...)` asks for."""
    del document
    tree = _Tree(cast("_Pdf", pdf))
    tree.scope_table_heads()
    tree.release_page_margins()


class _Pdf(Protocol):
    objects: Sequence[object]
    catalog: dict[str, object]


class _Stream(Protocol):
    stream: list[object]


_Element = dict[str, object]


class _Tree:
    """The structure tree (ISO 32000-1, 14.7) of a document that is about to be written."""

    def __init__(self, pdf: _Pdf) -> None:
        self._pdf = pdf
        root = self._element(pdf.catalog["StructTreeRoot"])
        self._marked: list[object] = cast("list[object]", self._element(root["ParentTree"])["Nums"])
        self._reached = {id(element): (element, in_head) for element, in_head in self._walk(root, in_head=False)}

    def scope_table_heads(self) -> None:
        """Say of each head cell whether it heads its column or its row."""
        for element, in_head in self._reached.values():
            if element.get("S") == "/TH":
                cast("_Element", element["A"])["Scope"] = "/Column" if in_head else "/Row"

    def release_page_margins(self) -> None:
        """Make artifacts of what stands in page margins: WeasyPrint tags it, but hangs it nowhere in the tree."""
        for item in self._pdf.objects:
            if isinstance(item, dict):
                element = cast("_Element", item)
                if element.get("Type") == "/StructElem" and id(element) not in self._reached:
                    self._release(element)

    def _release(self, element: _Element) -> None:
        page = self._element(element["Pg"])
        content = cast("_Stream", self._object(page["Contents"]))
        owners = cast("list[object]", self._marked[2 * cast("int", page["StructParents"]) + 1])
        for kid in cast("list[object]", element["K"]):
            if isinstance(kid, int):
                owners[kid] = "null"
                _make_artifact(content.stream, kid)
        element.clear()

    def _walk(self, element: _Element, *, in_head: bool) -> Iterator[tuple[_Element, bool]]:
        in_head = in_head or element.get("S") == "/THead"
        yield element, in_head
        for kid in cast("list[object]", element.get("K", [])):
            if not isinstance(kid, int):
                below = self._element(kid)
                if below.get("Type") == "/StructElem":
                    yield from self._walk(below, in_head=in_head)

    def _element(self, reference: object) -> _Element:
        return cast("_Element", self._object(reference))

    def _object(self, reference: object) -> object:
        """The object behind a reference, which WeasyPrint gives as `b"12 0 R"`."""
        return self._pdf.objects[int(cast("bytes", reference).split()[0])]


def _make_artifact(stream: list[object], marked: int) -> None:
    """Turn the marked-content sequence with this number into a pagination artifact (ISO 32000-1, 14.8.2.2)."""
    for place, item in enumerate(stream):
        if isinstance(item, dict) and cast("_Element", item).get("MCID") == marked:
            stream[place - 1] = "/Artifact"
            properties = cast("_Element", item)
            properties.clear()
            properties["Type"] = "/Pagination"
            return
    raise AssertionError("a tagged margin box has no content of its number; the writer's format changed")


def _extension(report_id: str, data_sha256: str) -> bytes:
    schemas = "".join(
        (
            _schema("PDF/UA identification", "http://www.aiim.org/pdfua/ns/id/", "pdfuaid", _UA_PROPERTIES),
            _schema("Watchfloor report", NAMESPACE, PREFIX, _OWN_PROPERTIES),
        )
    )
    return (
        '<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
        ' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
        ' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about="">'
        f"<pdfaExtension:schemas><rdf:Bag>{schemas}</rdf:Bag></pdfaExtension:schemas></rdf:Description>"
        '<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="" pdfuaid:part="1"/>'
        '<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        f' xmlns:wf="{NAMESPACE}" rdf:about=""><wf:reportId>{escape(report_id)}</wf:reportId>'
        f"<wf:dataSha256>{escape(data_sha256)}</wf:dataSha256></rdf:Description>"
    ).encode()


_UA_PROPERTIES: Final = (("part", "Integer", "internal", "Part of ISO 14289 that the document keeps to"),)
_OWN_PROPERTIES: Final = (
    ("reportId", "Text", "external", "Id of the report"),
    ("dataSha256", "Text", "external", "SHA-256 of the attached data"),
)


def _schema(title: str, namespace: str, prefix: str, properties: Sequence[tuple[str, str, str, str]]) -> str:
    described = "".join(
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>'
        f"<pdfaProperty:valueType>{kind}</pdfaProperty:valueType>"
        f"<pdfaProperty:category>{category}</pdfaProperty:category>"
        f"<pdfaProperty:description>{description}</pdfaProperty:description></rdf:li>"
        for name, kind, category, description in properties
    )
    return (
        f'<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>{title}</pdfaSchema:schema>'
        f"<pdfaSchema:namespaceURI>{namespace}</pdfaSchema:namespaceURI><pdfaSchema:prefix>{prefix}"
        f"</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>{described}</rdf:Seq></pdfaSchema:property></rdf:li>"
    )
