"""What the tools take and give. The descriptions are read by language models."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Collection = Annotated[
    str | None, Field(description="Name or id of one collection; left out, all that the key reaches are used.")
]


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Search(Arguments):
    query: Annotated[str, Field(description="What to look for, in Korean or English: a question or a few words.")]
    k: Annotated[int, Field(ge=1, le=50, description="How many passages to return.")] = 8
    collection: Collection = None


class Ask(Arguments):
    question: Annotated[str, Field(description="A question that the documents may answer, complete in itself.")]
    collection: Collection = None


class ListDocuments(Arguments):
    collection: Collection = None
    title_contains: Annotated[str | None, Field(description="Words that the title or the file's name holds.")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(description="`next_cursor` of the page before.")] = None


class ReadDocument(Arguments):
    document_id: str
    start: Annotated[int, Field(ge=0, description="The character to begin at.")] = 0
    characters: Annotated[int, Field(ge=1, le=100_000, description="How many characters to return.")] = 20_000


class Passage(BaseModel):
    document_id: str
    title: str
    page: int | None
    heading: str | None
    passage_id: int
    start: Annotated[int, Field(description="Where it begins in the document's text, in characters.")]
    end: int
    text: str


class Hit(Passage):
    score: float


class Found(BaseModel):
    passages: list[Hit]
    degraded: Annotated[list[str], Field(description="Parts of the search that did not answer.")]


class Source(Passage):
    n: Annotated[int, Field(description="The number by which the answer cites it.")]


class Citation(BaseModel):
    n: int
    passage_id: int
    quote: Annotated[str, Field(description="The very words that prove the claim.")]
    start: Annotated[int, Field(description="Where the quote begins in its source's text, in characters.")]
    end: int


class Answered(BaseModel):
    answer: str
    citations: list[Citation]
    sources: list[Source]
    model: str
    degraded: list[str]


class Document(BaseModel):
    document_id: str
    title: str
    filename: str
    collection_id: str
    status: str
    pages: int | None
    bytes: int
    created_at: str


class Listed(BaseModel):
    documents: list[Document]
    next_cursor: str | None


class Read(BaseModel):
    document_id: str
    title: str
    filename: str
    start: int
    end: int
    total_characters: Annotated[int, Field(description="Where `end` is less, go on with `start` set to it.")]
    text: str
