"""Progress goes to standard error: lines where it is no terminal."""

from percorsi.progress import steps


def test_lines_where_there_is_no_terminal(capsys):
    with steps("run", 2) as tick:
        tick("ingest")
        tick.within("ANT")
        tick("conform")
    out, err = capsys.readouterr()
    assert out == ""
    heads = [line.split(" (")[0].split(" in ")[0] for line in err.splitlines()]
    assert heads == ["run: 1/2 ingest", "run: 2/2 conform", "run: done"]


def test_a_failure_does_not_say_done(capsys):
    try:
        with steps("run", 1) as tick:
            tick("ingest")
            raise RuntimeError
    except RuntimeError:
        pass
    assert "done" not in capsys.readouterr().err
