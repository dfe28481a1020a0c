import Mustache

/// The page, in Mustache. Part of the program, so that a copied binary has it.
enum PageTemplate {
  static func render(_ model: PageModel) throws -> String {
    let parts = [
      "page": try HTMLText.template(page), "head": try HTMLText.template(head), "table": try HTMLText.template(table),
      "figure": try HTMLText.template(figure), "definitions": try HTMLText.template(definitions),
      "making": try HTMLText.template(making), "ceilings": try HTMLText.template(ceilings),
    ]
    return MustacheLibrary(templates: parts).render(model, withTemplate: "page") ?? ""
  }

  /// Any page up to the facts about the machine.
  static let head = """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{{title}}</title>
    <style>
    {{{style}}}
    </style>
    </head>
    <body>
    <h1>{{title}}</h1>
    <pre>{{command}}</pre>
    <dl class="facts">
    {{#facts}}
    <dt>{{name}}</dt><dd>{{value}}</dd>
    {{/facts}}
    </dl>

    """

  static let table = """
    <div class="scroll"><table>
    <thead><tr>{{#titles}}<th scope="col" class="{{side}}">{{title}}</th>{{/titles}}</tr></thead>
    <tbody>
    {{#rows}}
    <tr>{{#cells}}<td class="{{side}}" style="{{style}}">{{text}}{{#beside}}<small>{{.}}</small>{{/beside}}</td>{{/cells}}</tr>
    {{/rows}}
    </tbody>
    </table></div>

    """

  static let figure = """
    <figure class="{{size}}" id="{{name}}">
    {{{svg}}}
    <figcaption><b>Figure {{number}}.</b> {{caption}}</figcaption>
    </figure>

    """

  private static let page = """
    {{> head}}
    {{#hasWarnings}}
    <div class="warnings"><p><b>Warnings about this machine</b></p>
    <ul>
    {{#warnings}}
    <li>{{.}}</li>
    {{/warnings}}
    </ul></div>
    {{/hasWarnings}}
    {{#oneRankOnly}}
    <h2>Nothing to compare</h2>
    <p>This job had one rank: there is no speed-up to report, and no figure to draw. Start it with
    <code>mpirun -np 2</code> or more.</p>
    {{/oneRankOnly}}
    {{#hasSeveralRanks}}
    <h2 id="found">What was found</h2>
    <ul class="findings">
    {{#findings}}
    <li>{{.}}</li>
    {{/findings}}
    </ul>
    <nav><ul>
    <li><a href="#speed-ups">Speed-up</a></li>
    <li><a href="#width">Over the size of the model</a></li>
    {{#cost}}
    <li><a href="#cost">COST</a></li>
    {{/cost}}
    {{#sections}}
    <li><a href="#{{name}}">{{title}}</a></li>
    {{/sections}}
    {{#predictions}}
    <li><a href="#predicted">Predicted and measured</a></li>
    {{/predictions}}
    {{#late}}
    <li><a href="#late">Late ranks</a></li>
    {{/late}}
    <li><a href="#columns">What the columns mean</a></li>
    </ul></nav>
    <h2 id="speed-ups">Speed-up</h2>
    {{#hasOverview}}
    <div class="figures small">
    {{#overview}}
    {{> figure}}
    {{/overview}}
    </div>
    {{/hasOverview}}
    <h2 id="width">Over the size of the model</h2>
    {{#hasWidthFigures}}
    <div class="figures small">
    {{#widthFigures}}
    {{> figure}}
    {{/widthFigures}}
    </div>
    {{/hasWidthFigures}}
    {{^hasWidthFigures}}
    <p>One width only was measured: there is no curve over it.</p>
    {{/hasWidthFigures}}
    <h2>Details</h2>
    {{#cost}}
    <details id="cost">
    <summary>COST: the fewest ranks that outperform one core</summary>
    {{> table}}
    </details>
    {{/cost}}
    {{/hasSeveralRanks}}
    {{#sections}}
    <details id="{{name}}">
    <summary>{{title}}</summary>
    {{#times}}
    {{> table}}
    {{/times}}
    {{#hasFigures}}
    <div class="figures">
    {{#figures}}
    {{> figure}}
    {{/figures}}
    </div>
    {{/hasFigures}}
    {{#ceiling}}
    <h3>Beside the ceiling</h3>
    <ul>
    {{#sentences}}
    <li>{{.}}</li>
    {{/sentences}}
    </ul>
    {{#speeds}}
    {{> table}}
    {{/speeds}}
    <p>The parts of a step, measured / ceiling (dark: most is lost there):</p>
    {{#parts}}
    {{> table}}
    {{/parts}}
    {{/ceiling}}
    {{#factors}}
    <h3>What efficiency is made of (darker: more is lost)</h3>
    {{> table}}
    {{/factors}}
    {{#names}}
    <h3>What a million names cost</h3>
    {{> table}}
    {{/names}}
    </details>
    {{/sections}}
    {{#hasFoldedWidthFigures}}
    <details id="width-weak">
    <summary>Over the size of the model, weak scaling</summary>
    <div class="figures">
    {{#foldedWidthFigures}}
    {{> figure}}
    {{/foldedWidthFigures}}
    </div>
    </details>
    {{/hasFoldedWidthFigures}}
    {{#predictions}}
    <details id="predicted">
    <summary>Predicted and measured</summary>
    <p>A model of the time that a step takes, fitted to this machine, beside the measurements, and far beyond them. In
    strong scaling the batch stays until N = B; from there on it grows, so that no rank is without a name.</p>
    <ul>
    {{#assumptions}}
    <li>{{.}}</li>
    {{/assumptions}}
    </ul>
    <div class="figures">
    {{#predictionFigures}}
    {{> figure}}
    {{/predictionFigures}}
    </div>
    {{> table}}
    </details>
    {{/predictions}}
    {{#late}}
    <details id="late">
    <summary>Late ranks</summary>
    {{> table}}
    </details>
    {{/late}}
    <details id="columns">
    <summary>What the columns mean, and how it was measured</summary>
    {{> definitions}}
    {{#ceilingNotes}}
    {{> ceilings}}
    {{/ceilingNotes}}
    </details>
    {{> making}}
    </body>
    </html>

    """

  private static let definitions = """
    <h2>What the columns mean</h2>
    <dl class="definitions">
    <dt>N, strategy</dt>
    <dd>Ranks, and how their gradients become one update (<code>--sync</code>); in parentheses what <code>auto</code> chose.</dd>
    <dt>C, B</dt>
    <dd>Width of the model; names in a step of all ranks together, or of each rank where it says so.</dd>
    <dt>Strong and weak scaling</dt>
    <dd>Strong: the batch of all ranks together stays as it is. Weak: each rank’s share does.</dd>
    <dt>µs a step</dt>
    <dd>Median; each step counts as long as its slowest rank’s. Behind it, smaller, its 95 % interval.</dd>
    <dt>One core</dt>
    <dd>The same step, with the same global batch, on one core without MPI while the other ranks sleep: median and 95 %
    interval.</dd>
    <dt>Speed-up</dt>
    <dd class="formula">one core’s step / step</dd>
    <dt>Efficiency</dt>
    <dd><span class="formula">speed-up / N = computation scalability × load balance × communication efficiency / work
    inflation</span>. Its interval is from pairs of measurements made in the same round, which share the machine’s speed of
    the moment.</dd>
    <dt>Computation scalability</dt>
    <dd>One core’s time to compute a step / the time of all ranks together to compute as many rows. Below 1 where busy
    cores slow each other down.</dd>
    <dt>Load balance</dt>
    <dd class="formula">mean over the ranks of the time spent computing / the longest</dd>
    <dt>Communication efficiency</dt>
    <dd class="formula">the longest time spent computing / step</dd>
    <dt>Work inflation</dt>
    <dd>Rows that N ranks compute together / rows that one rank computes: 1 or more, because names on different ranks
    cannot share a prefix.</dd>
    <dt>Speed of busy cores</dt>
    <dd>One core’s step alone / the same step while all of these cores compute it: clock, caches, memory.</dd>
    <dt>Barrier</dt>
    <dd>What a pass of the barrier between the ranks of a host takes, measured in the same rounds; the slowest host’s. Cores
    that share a cache pass it in a quarter of the time that others take.</dd>
    <dt>Karp–Flatt</dt>
    <dd><span class="formula">(1 / speed-up − 1 / N) / (1 − 1 / N)</span>: the serial share of the work that would explain
    the speed-up. It grows with N where communication does.</dd>
    <dt>COST</dt>
    <dd>The fewest ranks, two or more, whose step is faster than one core’s (McSherry, Isard and Murray, “Scalability! But
    at what COST?”, HotOS 2015).</dd>
    </dl>
    <h2>How it was measured</h2>
    <p>One core and the ranks take the same batches of real names; a step is batch selection, forward and backward pass,
    the exchange and Adam. Steps that count for times have nothing measured inside. The parts of a step come from other
    steps, with a barrier before the exchange, and are means over the ranks.</p>

    """

  private static let ceilings = """
    <h2>What the ceiling is</h2>
    {{#without}}
    <p>{{.}}</p>
    {{/without}}
    <dl class="definitions">
    <dt>Ceiling</dt>
    <dd><span class="formula">one core’s step / (selection + passes of the slowest rank + update of the slowest rank)</span>,
    all measured by <code>ddp-train ceiling</code> on one core that plays the ranks one after another: what N ranks come to
    if nobody waits and nothing has to be sent.</dd>
    <dt>Bound</dt>
    <dd>N over the operations that splitting the batch adds and the rank with the most of them has: no program exceeds
    it.</dd>
    <dt>Expected</dt>
    <dd>The ceiling with the assumed prices of two barriers and of reading what other ranks wrote.</dd>
    <dt>Predicted</dt>
    <dd>A model of the step, fitted to one core and the fewest ranks of this measurement.</dd>
    <dt>Parts of a step</dt>
    <dd>Passes and update: the slowest rank’s. Wait: before the exchange, beyond the slowest rank’s passes. Synchronisation:
    from the last rank’s arrival to the end of the step, beyond the slowest rank’s update; it has the second barrier. A
    ceiling has neither. Parts are measured in steps with one barrier more than others have, so their sum is not the step’s
    time.</dd>
    </dl>
    <ul>
    {{#assumptions}}
    <li>{{.}}</li>
    {{/assumptions}}
    </ul>

    """

  private static let making = """
    <h2>Files</h2>
    <p>Beside this page: <code>scaling.json</code> and <code>scaling.csv</code> hold all numbers;
    <code>figures/NAME.gp</code> are gnuplot scripts with their data, and <code>figures/NAME.svg</code> what they draw. To
    change a figure, edit its script and run <code>gnuplot NAME.gp</code> in that folder. To make the whole page anew
    from its numbers: <code>ddp-train report scaling.json --report FOLDER</code>.
    {{#ceilingNotes}}<code>ceiling.csv</code> has each number of ranks beside its ceiling.{{/ceilingNotes}}</p>

    """
}
