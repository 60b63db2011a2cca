"""The shapes of answers: what ``serialise`` makes, and what the OpenAPI document is made from."""
