import Mustache

/// The page of a sweep, and of a race, in Mustache.
enum SweepTemplate {
  /// - Parameter model: a `SweepModel`, or another value with the same properties.
  static func render(_ model: Any) throws -> String {
    let parts = [
      "page": try HTMLText.template(page), "head": try HTMLText.template(PageTemplate.head),
      "table": try HTMLText.template(PageTemplate.table),
      "figure": try HTMLText.template(PageTemplate.figure),
    ]
    return MustacheLibrary(templates: parts).render(model, withTemplate: "page") ?? ""
  }

  private static let page = """
    {{> head}}
    <h2>What was found</h2>
    <ul class="findings">
    {{#findings}}
    <li>{{.}}</li>
    {{/findings}}
    </ul>
    <div class="figures">
    {{#figures}}
    {{> figure}}
    {{/figures}}
    </div>
    {{#sections}}
    <h2>{{heading}}</h2>
    {{#table}}
    {{> table}}
    {{/table}}
    {{/sections}}
    <h2>What the numbers mean</h2>
    <p>Losses are in nats per prediction. Training loss: mean of the last 100 steps. Held-out loss: exact, over the fixed
    tenth. Seconds: all steps of the whole schedule, batch selection included, start-up and evaluation excluded.</p>
    </body>
    </html>

    """
}
