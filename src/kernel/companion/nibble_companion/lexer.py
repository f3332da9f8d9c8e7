"""Nibble for Pygments: structure only, as the language's own grammar has it; schemes, readers and metrics are names."""

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text

STATEMENTS = ("model", "data", "param", "scheme", "import", "experiment", "search", "diagnose", "export")
CLAUSES = (
    "baseline", "try", "keep", "where", "measure", "expect", "show",
    "choose", "minimize", "maximize", "subject_to", "budget", "at", "to",
)
OPERATORS = ("and", "or", "not")
NUMBER = r"(?:\d[\d_]*(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"


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
            (rf"[+-]?{NUMBER}(?:[ \t]*/[ \t]*{NUMBER}|%|[A-Za-z_]\w*)?", Number),
            (r"/(?:[^/\\\n*]|\\[^\n])(?:[^/\\\n]|\\[^\n])*/[a-z]*", String.Regex),
            (words(STATEMENTS, prefix=r"\b", suffix=r"\b(?!\s*[:(.])"), Keyword.Declaration),
            (words(CLAUSES, prefix=r"\b", suffix=r"\b(?!\s*[:(.])"), Keyword),
            (words(OPERATORS, prefix=r"\b", suffix=r"\b"), Operator.Word),
            (r"[A-Za-z_]\w*(?=\s*\()", Name.Function),
            (r"[A-Za-z_]\w*(?=\s*:)", Name.Attribute),
            (r"[A-Za-z_]\w*", Name),
            (r"[<>=!]=?|[|*+/-]", Operator),
            (r"[{}()\[\]:,.]", Punctuation),
        ]
    }
