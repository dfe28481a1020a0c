import Mustache

/// The page of a lesson, in Mustache.
enum LessonTemplate {
  static func render(_ model: LessonModel) throws -> String {
    let parts = [
      "page": try HTMLText.template(page), "head": try HTMLText.template(PageTemplate.head),
      "table": try HTMLText.template(PageTemplate.table), "figure": try HTMLText.template(PageTemplate.figure),
    ]
    return MustacheLibrary(templates: parts).render(model, withTemplate: "page") ?? ""
  }

  /// Beside that of all pages: dark mode, and answers before details. Figures stay on paper of their own.
  static let style = """

    .lead { font-size: 1.08rem; }
    .answers dt { font-weight: 600; margin-top: .7rem; }
    .answers dd { margin: 0; max-width: 54rem; }
    .figures { max-width: 40rem; grid-template-columns: 1fr; }
    figure svg { background: #fff; }
    @media (max-width: 46rem) { body { padding: 1.2rem .9rem 3rem; } h1 { font-size: 1.5rem; } }
    @media (prefers-color-scheme: dark) {
      :root { color-scheme: dark; }
      body { background: #16181b; color: #e6e6e6; }
      h2 { border-top-color: #e6e6e6; }
      a { color: #8ab8ff; }
      pre { background: #24272b; }
      .facts dt, td small, figcaption { color: #b5b5b5; }
      th { border-bottom-color: #e6e6e6; }
      td { border-bottom-color: #3a3d41; }
      td[style*="background"] { color: #1a1a1a; }
      figure svg { border-radius: 4px; }
    }
    @media print { body { background: #fff; color: #000; } }
    """

  private static let page = """
    {{> head}}
    <p class="lead">This page tells one story with the numbers of one machine: the machine above. A tiny model learns to write
    names. One core trains it well. More cores have to talk, and talking costs time that does no work. Each sentence below is
    worked out from measurements of this machine, and reads differently where they do.</p>
    <h2>The answers</h2>
    <dl class="answers">
    {{#answers}}
    <dt><a href="#{{name}}">{{question}}</a></dt>
    <dd>{{answer}}</dd>
    {{/answers}}
    <dt><a href="#gpu">What would a GPU do?</a></dt>
    <dd>It would wait: each of its some forty calls per step takes microseconds to begin. It wins where the work is large.</dd>
    </dl>
    {{#sections}}
    <h2 id="{{name}}">{{question}}</h2>
    <p>{{why}}</p>
    {{#missing}}
    <p><b>Not measured.</b> {{.}}</p>
    {{/missing}}
    <ul class="findings">
    {{#claims}}
    <li>{{.}}</li>
    {{/claims}}
    </ul>
    {{#hasFigures}}
    <div class="figures">
    {{#figures}}
    {{> figure}}
    {{/figures}}
    </div>
    {{/hasFigures}}
    {{#hasTables}}
    <details>
    <summary>The numbers</summary>
    {{#tables}}
    {{> table}}
    {{/tables}}
    </details>
    {{/hasTables}}
    {{#hasCommands}}
    <p>To measure this again:</p>
    {{#commands}}
    <pre>{{.}}</pre>
    {{/commands}}
    {{/hasCommands}}
    {{/sections}}
    <h2 id="gpu">What would a GPU do?</h2>
    <p>This page measures no GPU. The single-core program that this story began with did, on an Apple M5: its own core against
    the same chip’s GPU under MLX. Its figures stand here as it printed them, in µs per name at 16 names per step. They are of
    another machine, so nothing on this page is divided by them.</p>
    <div class="scroll"><table>
    <thead><tr><th scope="col" class="number">C</th><th scope="col" class="number">M5, one core</th>
    <th scope="col" class="number">M5, GPU (MLX)</th></tr></thead>
    <tbody>
    <tr><td class="number">16</td><td class="number">3.0</td><td class="number">72</td></tr>
    <tr><td class="number">32</td><td class="number">11.4</td><td class="number">72</td></tr>
    <tr><td class="number">64</td><td class="number">36.8</td><td class="number">72</td></tr>
    <tr><td class="number">128</td><td class="number">119</td><td class="number">197</td></tr>
    <tr><td class="number">256</td><td class="number">443</td><td class="number">204</td></tr>
    <tr><td class="number">512</td><td class="number">2,335</td><td class="number">423</td></tr>
    </tbody>
    </table></div>
    <p>The GPU’s time hardly changes up to C = 64: it is the price of some forty kernel launches, whatever they compute. From
    C = 256 on the work is larger than that ceremony, and the GPU wins. It is the lesson of this page once more: N cores with
    messages between them are such a machine, too.</p>
    <h2>How it was measured</h2>
    <p>A step is choosing the names, forward pass, backward pass, exchange and update. Times are medians; small figures beside
    them are intervals: 95 % of a median, or the inner 80 % of the steps where it is one core’s alone. What is compared was
    measured in turns in one process, so that a machine that changes its speed changes it for both. Losses are in nats per
    prediction.</p>
    <p>Beside this page: <code>lesson.json</code> has all numbers, <code>figures/</code> each figure with its gnuplot script.
    <code>ddp-train lesson --from lesson.json --report FOLDER</code> draws the page anew.</p>
    </body>
    </html>

    """
}
