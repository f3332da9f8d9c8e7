"""Nibble for Pygments: structure only, as the language's own grammar has it; schemes, readers and metrics are names."""

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text

STATEMENTS = ("model", "data", "param", "scheme", "experiment", "search", "diagnose", "export", "import")
CLAUSES = (
    "baseline", "try", "keep", "where", "measure", "expect", "show",
    "choose", "minimize", "maximize", "subject_to", "budget", "layers", "at", "to",
)


class NibbleLexer(RegexLexer):
    """Colours `.nib` programs and Nibble cells of notebooks."""

    name = "Nibble"
    aliases = ["nibble"]
    filenames = ["*.nib"]
    mimetypes = ["text/x-nibble"]

    tokens = {
        "root": [
            (r"\s+", Text),
            (r"%%\w+.*", Comment.Preproc),
            (r"//[^\n]*", Comment.Single),
            (r"/\*[\s\S]*?\*/", Comment.Multiline),
            (r'"(?:\\.|[^"\\\n])*"', String.Double),
            (r"\$[A-Za-z_]\w*", Name.Variable),
            (r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?:[A-Za-z]+|%)?", Number),
            (words(STATEMENTS, prefix=r"\b", suffix=r"\b(?!\s*[:(.])"), Keyword.Declaration),
            (words(CLAUSES, prefix=r"\b", suffix=r"\b(?!\s*[:(.])"), Keyword),
            (words(("not", "and", "or", "in"), prefix=r"\b", suffix=r"\b"), Operator.Word),
            (r"[A-Za-z_]\w*(?=\s*\()", Name.Function),
            (r"[A-Za-z_]\w*(?=\s*:)", Name.Attribute),
            (r"[A-Za-z_]\w*", Name),
            (r"[<>=!]=?|[|*+/-]", Operator),
            (r"[{}()\[\]:,.]", Punctuation),
        ]
    }
