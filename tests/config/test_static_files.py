"""What the web server serves: style sheets that mean the same and are quicker to fetch."""

import gzip
from pathlib import Path

from django.contrib.staticfiles.finders import get_finders

from config.static_storage import StaticFiles, lean


def test_a_style_sheet_keeps_its_meaning_without_comments_and_indentation() -> None:
    css = """
      /* Why: a reason, with { braces } and "quotes" */
      @media (width < 30rem) {
        .card > p , .card :is(b, i) + a { color : light-dark(#fff, #000) ; /* so */
          inline-size: calc(100% - 2 * var(--s2)); }
        .mark::before { content: "  ;  /* kept */ "; font: 400 1rem/1.45 var(--font); }
      }
    """
    assert lean(css) == (
        "@media (width < 30rem){.card > p,.card :is(b,i) + a{color : light-dark(#fff,#000);"
        "inline-size: calc(100% - 2 * var(--s2));}"
        '.mark::before{content: "  ;  /* kept */ ";font: 400 1rem/1.45 var(--font);}}'
    )


def test_the_style_sheet_that_is_served_is_lean_packed_and_named_by_its_content(
    tmp_path: Path,
) -> None:
    storage = StaticFiles(location=tmp_path)
    found = {
        name: (source, name)
        for finder in get_finders()
        for name, source in finder.list([])
        if name == "app.css" or name.startswith("fonts/")
    }
    for name, (source, _) in found.items():
        with source.open(name) as file:
            storage.save(name, file)
    assert not [each for each in storage.post_process(found) if isinstance(each[2], Exception)]

    served = tmp_path / storage.stored_name("app.css")
    css = served.read_text()
    assert served.name != "app.css"
    assert "/*" not in css
    assert '"fonts/atkinson-hyperlegible-latin-400-normal.' in css
    assert gzip.decompress(served.with_name(f"{served.name}.gz").read_bytes()).decode() == css
    assert len(css) < (tmp_path / "app.css").stat().st_size
