enum PageStyle {
  static let text = """
    :root { color-scheme: light; }
    * { box-sizing: border-box; }
    body {
      margin: 0 auto; padding: 2.2rem 1.5rem 4rem; max-width: 66rem; background: #fff; color: #1a1a1a;
      font: 16px/1.5 "Helvetica Neue", Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif;
    }
    h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; }
    h2 { font-size: 1.3rem; line-height: 1.3; margin: 2.6rem 0 .6rem; padding-top: .5rem; border-top: 2px solid #1a1a1a; }
    h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
    p, li, dd { max-width: 46rem; }
    ul { padding-left: 1.2rem; }
    li { margin: .2rem 0; }
    code, pre { font: .88em/1.45 "DejaVu Sans Mono", Menlo, Consolas, monospace; }
    pre { background: #f4f4f4; padding: .6rem .8rem; white-space: pre-wrap; overflow-wrap: anywhere; margin: .8rem 0; }
    .facts { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1.2rem; margin: 1rem 0; font-size: .92rem; }
    .facts dt { color: #555; }
    .facts dd { margin: 0; overflow-wrap: anywhere; }
    .warnings { border-left: 4px solid #D55E00; padding: .1rem 1rem; background: #fff6f0; margin: 1.2rem 0; }
    .findings li { font-size: 1.06rem; margin: .35rem 0; max-width: 54rem; }
    .scroll { overflow-x: auto; margin: .8rem 0 1.2rem; }
    table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
    caption { text-align: left; font-weight: bold; padding: .2rem 0 .4rem; }
    th, td { padding: .22rem .7rem; text-align: right; white-space: nowrap; }
    th { font-weight: 600; border-bottom: 1.5px solid #1a1a1a; vertical-align: bottom; white-space: normal; min-width: 3rem; }
    td { border-bottom: 1px solid #e2e2e2; }
    th.text, td.text { text-align: left; white-space: nowrap; }
    td small { color: #555; margin-left: .35em; }
    .figures { display: grid; grid-template-columns: 1fr 1fr; gap: 1.4rem 2rem; margin: 1.2rem 0; align-items: start; }
    .figures.small { grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); }
    figure { margin: 0; min-width: 0; }
    figure.wide { grid-column: 1 / -1; }
    figure svg { display: block; width: 100%; height: auto; }
    figure svg text { font-family: "Helvetica Neue", Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif; }
    figcaption { font-size: .86rem; line-height: 1.45; color: #333; margin-top: .4rem; overflow-wrap: anywhere; }
    nav ul { list-style: none; padding: 0; columns: 16rem auto; font-size: .92rem; }
    nav li { margin: 0; }
    details { margin: .8rem 0; }
    summary { cursor: pointer; font-weight: 600; }
    .definitions dt { font-weight: 600; margin-top: .6rem; }
    .definitions dd { margin: 0; }
    .formula { font-family: Georgia, "Liberation Serif", "DejaVu Serif", serif; font-style: italic; }
    @media (max-width: 46rem) { .figures { grid-template-columns: 1fr; } }
    @media print {
      @page { size: A4; margin: 14mm; }
      body { max-width: none; padding: 0; font-size: 10pt; }
      h1 { font-size: 17pt; }
      h2 { font-size: 13pt; break-after: avoid; }
      h3, caption { break-after: avoid; }
      figure, tr, .warnings { break-inside: avoid; }
      nav { display: none; }
      details::details-content { content-visibility: visible; block-size: auto; }
      .scroll { overflow: visible; }
      table { font-size: 8.2pt; }
      th, td { padding: .15rem .4rem; }
      figcaption { font-size: 8.2pt; }
      td, .warnings, pre { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    }
    """
}
