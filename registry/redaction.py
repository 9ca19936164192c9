"""Keeps credentials out of logs and stored problems."""

import logging
import re

TOKEN = re.compile(r"hf_[A-Za-z0-9]{10,}|stm_[A-Za-z0-9_-]{10,}|(?<=[Bb]earer )\S+")


def redacted(text: str) -> str:
    """`text` with every token of the Hub or of Stemma replaced.

    >>> redacted("GET /x authorization: Bearer hf_abcdefghijklm")
    'GET /x authorization: Bearer [token]'
    """
    return TOKEN.sub("[token]", text)


class RedactTokens(logging.Filter):
    """A logging filter that rewrites the finished message, arguments and traceback included."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redacted(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = redacted(logging.Formatter().formatException(record.exc_info))
        return True
