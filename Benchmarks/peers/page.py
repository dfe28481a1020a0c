"""The tables of docs/peers.md, its figure and the CSV, from the JSON of one run."""

import subprocess

from shared import table

OWN = "ddp-train"
# Tools that may use a second core.
GAINS = {OWN: OWN, "numpy": "numpy", "jax": "JAX", "torch": "torch", "torch-compiled": "torch compiled", "torch-ddp": "DDP over torch",
         "numpy-mpi": "mpi4py over numpy"}
# A smaller gain is as likely the machine's mood.
PAYS = 1.05
COLUMNS = ["c", "batch", "peer", "processes", "threads", "words", "us_per_step", "us_per_step_least", "us_per_step_greatest", "us_per_sample",
           "compile_seconds", "loss_difference", "memory_mb", "estimated_us_per_step", "reason"]


def csv(file):
    def cell(value):
        text = "" if value is None else str(value)
        return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\n') else text

    rows = [{"c": point["c"], "batch": point["batch"]} | row for point in file["points"] for row in point["rows"]]
    return "".join(",".join(cell(row.get(name)) for name in COLUMNS) + "\r\n" for row in [dict(zip(COLUMNS, COLUMNS)), *rows])


def blocks(file, name):
    batches = sorted({point["batch"] for point in file["points"]})
    found = {"who": who(file, name), "crossover": crossover(file), "answer": answer(file), "second-core": second_core(file),
             "profile": profile(file), "compiling": compiling(file)}
    return found | {"steps": [line for batch in batches for line in [f"B = {batch:,}, µs per step:", "", *steps(file, batch), ""]][:-1]}


def number(value):
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def cores(count):
    return "one core" if count == 1 else f"{count} cores"


def points(file, batch=None):
    return [point for point in file["points"] if batch in (None, point["batch"])]


def titles(file):
    return {peer["name"]: peer["title"] for peer in file["peers"]}


def own(point, several):
    """ddp-train's row on one core, or on all; the first on a machine that has one."""
    rows = [row for row in point["rows"] if row["peer"] == OWN]
    return rows[-1 if several else 0]


def others(point):
    return [row for row in point["rows"] if row["peer"] != OWN and "us_per_step" in row]


def best(point):
    """The fastest peer's row, or None."""
    return min(others(point), key=lambda row: row["us_per_step"], default=None)


def how(row):
    """Threads or processes, and the way."""
    count = f"{row['processes']} processes" if row["processes"] > 1 else f"{row['threads']} thread{'s' * (row['threads'] > 1)}"
    return f"{count}, {row['words']}" if row.get("words") else count


# MARK: tables


def who(file, name):
    machine = file["machine"]
    caches = ", ".join(f"{level} {size}" for level, size in machine.get("caches", {}).items())
    lines = [f"Measured on {file['date'][:10]}, {machine['cpu']}, {cores(machine['cores'])}, {file['isa']}, {caches}; {machine['system']},",
             f"Python {machine['python']}; commit {file['commit'][:10]}, by `{file['command']}`",
             f"([JSON](measurements/{name}), [CSV](measurements/{name.replace('.json', '.csv')})). Medians over turns: "
             f"{file['turns']}, of {file['seconds']} s each."]
    if file["left_out"]:
        lines.append("For want of time not measured: " + ", ".join(f"C = {one['c']:,} at B = {one['batch']:,}" for one in file["left_out"]) + ".")
    if file["unset"]:
        lines.append(f"{' and '.join(file['unset'])} {'was' if len(file['unset']) == 1 else 'were'} set on this machine, and unset for the peers.")
    rows = []
    for peer in file["peers"]:
        versions = ", ".join(f"{library} {version}" for library, version in peer.get("versions", {}).items())
        differences = peer.get("loss_differences", {})
        rows.append([peer["title"], versions or "–", peer.get("blas", peer.get("device", "–")), str(len(differences)) if differences else "–",
                     f"{max(differences.values()):.0e}" if differences else "–", peer.get("reason", "timed")])
    return [*lines, "", *table(["peer", "versions", "BLAS or device", "references", "largest difference of a loss", ""], rows)]


def steps(file, batch):
    """A row for each tool, a column for each width."""
    own_points = points(file, batch)
    rows = []
    for several in (False, True):
        if several and file["machine"]["cores"] == 1:
            continue
        row = [f"**{OWN}, {cores(file['machine']['cores'] if several else 1)}**"]
        rows.append(row + [f"**{number(own(point, several)['us_per_step'])}**" for point in own_points])
    for name, title in titles(file).items():
        cells = [cell(next((row for row in point["rows"] if row["peer"] == name), None)) for point in own_points]
        if any(one != "–" for one in cells):
            rows.append([title, *cells])
    return table(["", *(f"C = {point['c']:,}" for point in own_points)], rows)


def cell(row):
    if row is None:
        return "–"
    if "us_per_step" in row:
        threads = f" ({row['threads']} threads)" if row["threads"] > 1 else ""
        return number(row["us_per_step"]) + threads
    if "estimated_us_per_step" in row:
        return f"≈ {number(row['estimated_us_per_step'] / 1e6)} s, not run"
    return row["reason"]


def crossover(file):
    rows = []
    for point in points(file):
        fastest = best(point)
        if fastest is None:
            continue
        one, all_cores = own(point, False), own(point, True)
        rows.append([
            str(point["batch"]), f"{point['c']:,}", per_name(one, point), per_name(all_cores, point),
            f"{titles(file)[fastest['peer']]}; {how(fastest)}", per_name(fastest, point),
            verdict(one, fastest), verdict(all_cores, fastest)])
    count = file["machine"]["cores"]
    return table(["B", "C", f"{OWN}, one core, µs per name", f"{OWN}, {cores(count)}", "the fastest peer", "µs per name",
                  "beside one core", f"beside {cores(count)}"], rows)


def per_name(row, point):
    least, greatest = (number(row[f"us_per_step_{end}"] / point["batch"]) for end in ("least", "greatest"))
    return f"{number(row['us_per_sample'])} ({least}–{greatest})"


def verdict(mine, theirs):
    ratio = theirs["us_per_step"] / mine["us_per_step"]
    return f"{OWN}, {number(ratio)}×" if ratio >= 1 else f"**the peer, {number(1 / ratio)}×**"


def answer(file):
    """Where the next bigger tool wins, and where a second core pays, batch by batch."""
    lines = []
    for batch in sorted({point["batch"] for point in file["points"]}):
        for several in (False, True) if file["machine"]["cores"] > 1 else (False,):
            ratios = {point["c"]: best(point)["us_per_step"] / own(point, several)["us_per_step"] for point in points(file, batch) if best(point)}
            if ratios:
                lines.append(f"- **B = {batch:,}, {OWN} on {cores(file['machine']['cores'] if several else 1)}.** {winner(ratios)}")
    if file["machine"]["cores"] > 1:
        lines.append(f"- **A second core** makes a step at least {PAYS} times as fast. " + " ".join(
            f"B = {batch:,}: {paying(file, batch)}." for batch in sorted({point["batch"] for point in file["points"]})))
    return lines


def winner(ratios):
    """In words; ratios are the fastest peer's time over ddp-train's, by width."""
    lost = [f"{number(1 / ratio)} times at C = {c:,}" for c, ratio in ratios.items() if ratio < 1]
    ends = [f"{number(ratio)} times as long at C = {c:,}" for c, ratio in ratios.items() if ratio >= 1 and c in (min(ratios), max(ratios))]
    found = f"A peer is faster: {', '.join(lost)}." if lost else "No peer is faster."
    return f"{found} The fastest takes {', '.join(ends)}." if ends else found


def paying(file, batch):
    """The tools that a second core makes faster, and at which widths."""
    found = []
    for name, title in GAINS.items():
        widths = [f"{point['c']:,}" for point in points(file, batch) if (gain(point, name) or 0) >= PAYS]
        found += [f"{title} at C = {', '.join(widths)}"] if widths else []
    return "; ".join([*found, "no other"] if 0 < len(found) < len(GAINS) else found or ["no tool"])


def gain(point, name):
    """One core's time over all cores'; None where one of them was not measured."""
    if name == OWN:
        return own(point, False)["us_per_step"] / own(point, True)["us_per_step"]
    rows = {row["peer"]: row for row in others(point)}

    def least(peer, several):
        return min((way["us_per_step"] for way in rows.get(peer, {}).get("tried", []) if (way["threads"] > 1) == several), default=None)

    # Those with several processes have one thread each, and are compared with one process of the same library.
    alone = {"torch-ddp": "torch", "numpy-mpi": "numpy"}.get(name)
    one, all_of_them = (least(alone, False), least(name, False)) if alone else (least(name, False), least(name, True))
    return one / all_of_them if one and all_of_them else None


def second_core(file):
    if file["machine"]["cores"] == 1:
        return ["This machine has one core."]
    rows = [[str(point["batch"]), f"{point['c']:,}", *(f"{value:.2f}" if (value := gain(point, name)) else "–" for name in GAINS)]
            for point in points(file)]
    return table(["B", "C", *GAINS.values()], rows)


def profile(file):
    """Where ddp-train's time goes, and what share of the peak it and the fastest peer reach."""
    rows = []
    for point in points(file):
        one, fastest = own(point, False), best(point)
        nominal = 6e-3 * point["parameters"] * one["positions"] / file["peak_gflops"]
        total = sum(one["phases"].values())
        rows.append([
            str(point["batch"]), f"{point['c']:,}", f"{one['nominal_share_of_peak']:.2f}", f"{one['effective_share_of_peak']:.2f}",
            *(f"{100 * one['phases'][name] / total:.0f} %" for name in ("selection", "forward", "backward", "adam")),
            f"{nominal / fastest['us_per_step']:.2f}" if fastest else "–"])
    return table(["B", "C", "nominal share of the peak", "effective share", "selection", "forward", "backward", "Adam",
                  "the fastest peer's nominal share of one core's peak"], rows)


def compiling(file):
    """The longest and the shortest time before the first step, of those that compile."""
    rows = []
    for peer in file["peers"]:
        times = [row["compile_seconds"] for point in points(file) for row in others(point) if row["peer"] == peer["name"]]
        memory = [row["memory_mb"] for point in points(file) for row in others(point) if row["peer"] == peer["name"]]
        if times:
            rows.append([peer["title"], f"{min(times):.1f}–{max(times):.1f}", f"{min(memory):,.0f}–{max(memory):,.0f}"])
    return table(["", "seconds before the first steps", "MB of memory of a process"], rows)


# MARK: the figure


def draw(file, target):
    batches = [batch for batch in sorted({point["batch"] for point in file["points"]}) if len(points(file, batch)) > 1]
    if not batches:
        return
    words = [f"set terminal svg size {520 * len(batches)},560 font 'sans-serif,12' background 'white'", f"set output '{target}'",
             f"set multiplot layout 1,{len(batches)}", "set logscale xy", "set key outside bottom center horizontal maxcols 2", "set grid", "set xlabel 'C'",
             "set ylabel 'µs per name'", "set format y '%g'"]
    for batch in batches:
        plots = []
        for title, values in curves(file, batch):
            if values:
                block = f"$b{batch}_{len(plots)}"
                words += [f"{block} << EOD", *(f"{c} {value}" for c, value in values), "EOD"]
                width = 3 if title.startswith(OWN) else 1
                plots.append(f"{block} with linespoints linewidth {width} title '{title}'")
        ticks = sorted({point["c"] for point in points(file, batch)})
        words += [f"set title 'B = {batch:,}'", f"set xtics ({', '.join(str(c) for c in ticks)})", "plot " + ", ".join(plots)]
    subprocess.run(["gnuplot"], input="\n".join(words) + "\n", text=True, check=True)


def curves(file, batch):
    for several in (False, True) if file["machine"]["cores"] > 1 else (False,):
        yield (f"{OWN}, {cores(file['machine']['cores'] if several else 1)}",
               [(point["c"], own(point, several)["us_per_sample"]) for point in points(file, batch)])
    for name, title in titles(file).items():
        yield title, [(point["c"], row["us_per_sample"]) for point in points(file, batch) for row in others(point) if row["peer"] == name]
