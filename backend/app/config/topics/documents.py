"""What is taken in, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass

from backend.app.config.describing import MIB, setting


@dataclass(frozen=True, kw_only=True)
class DocumentSettings:
    # fmt: off
    # --- watched folders ---
    watch_roots: str = setting("", "Folders of this machine, with a colon between them, within which administrators may have folders watched.", group="Watched folders")
    watch_seconds: float = setting(5.0, "Seconds between two looks at watched folders; 0: nobody looks.", group="Watched folders")

    # --- documents ---
    max_upload_bytes: int = setting(200 * MIB, "Largest file.", group="Documents", least=1)
    extract_memory_bytes: int = setting(1024 * MIB, "Memory that reading one file may use.", group="Documents", least=1)
    extract_seconds: int = setting(30, "Seconds that reading one file may take. A file of several megabytes has up to twice as many, and one that gets on earns more (docs/documents.md).", group="Documents", least=1)
    archive_files: int = setting(500, "Files that are taken out of one ZIP archive.", group="Documents", least=1)
    archive_bytes: int = setting(1024 * MIB, "Bytes that the files of one archive may unpack to.", group="Documents", least=1)
    ocr_languages: str = setting("kor+eng", "Languages of scanned pages, as Tesseract names them; those whose data are installed are used; empty: no page is recognised.", group="Documents")
    ocr_pages: int = setting(100, "Scanned pages of one document that are recognised.", group="Documents", least=1)
    ocr_seconds: int = setting(300, "Seconds that recognising the pages of one document may take besides, 15 for each page on which text is found.", group="Documents", least=1)
    web_pages: bool = setting(True, "Fetch web pages that people name; only public addresses, unless the next setting names others.", group="Documents")
    web_private_networks: str = setting("", "Networks of your own that pages may be fetched from too, such as 10.1.0.0/16, with commas between them.", group="Documents")
    web_ports: str = setting("80,443", "Ports that pages may be fetched from.", group="Documents")
    web_page_bytes: int = setting(20 * MIB, "Largest web page.", group="Documents", least=1)
    web_page_seconds: int = setting(20, "Seconds that fetching one page may take.", group="Documents", least=1)
    passage_chars: int = setting(1000, "Length that passages aim at, in characters.", group="Documents")
    passage_overlap_chars: int = setting(0, "Characters that neighbouring passages share.", group="Documents")
    indexers: int = setting(1, "Indexing processes that `likeopt serve` starts.", group="Documents")
    # fmt: on
