/// The style of the page: light and dark, narrow and wide, on paper.
///
/// The colours of lines are those of Okabe and Ito (Color Universal Design, 2008), which people with any
/// kind of colour vision tell apart; shapes and dashes say the same without colour.
enum PageStyle {
  static let text: StaticString = """
    :root {
      --back: #ffffff; --card: #f6f7f8; --ink: #1b1d21; --soft: #5b6068; --rule: #d5d8dc;
      --warn: #b33c00; --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #cc79a7; --c4: #e69f00;
      --c5: #56b4e9; --c6: #1b1d21;
    }
    @media screen and (prefers-color-scheme: dark) {
      :root {
        --back: #15171b; --card: #1e2126; --ink: #e9eaec; --soft: #a5abb4; --rule: #3b4048;
        --warn: #ff9a5c; --c0: #3d9fdc; --c1: #f0793a; --c2: #1fbf92; --c3: #d990b6; --c6: #e9eaec;
        --c5: #9ad6f5;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0; background: var(--back); color: var(--ink);
      font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
    }
    main { max-width: 1560px; margin: 0 auto; padding: 1rem; }
    h1, h2, h3 { line-height: 1.25; overflow-wrap: anywhere; }
    h1 { font-size: 1.6rem; margin: 0.5rem 0; }
    h2 { font-size: 1.25rem; margin: 2rem 0 0.5rem; padding-top: 0.5rem; border-top: 1px solid var(--rule); }
    h3 { font-size: 1.05rem; margin: 1.2rem 0 0.4rem; }
    p, li, dd, pre { overflow-wrap: anywhere; }
    p { margin: 0.4rem 0; max-width: 80ch; }
    .soft { color: var(--soft); }
    .warn { color: var(--warn); font-weight: 600; }
    nav ul { list-style: none; margin: 0.5rem 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; }
    a { color: var(--c0); }
    dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.15rem 1rem; margin: 0.5rem 0; }
    dt { color: var(--soft); }
    dd { margin: 0; }
    pre {
      background: var(--card); padding: 0.8rem; white-space: pre-wrap;
      font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", monospace;
    }
    .scroll { overflow-x: auto; max-width: 100%; }
    table { border-collapse: collapse; font-size: 0.9rem; margin: 0.5rem 0; }
    th, td { padding: 0.25rem 0.6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); }
    th { font-weight: 600; }
    th button {
      all: unset; cursor: pointer; font-weight: 600; text-decoration: underline dotted;
    }
    th button:focus-visible { outline: 2px solid var(--c0); }
    th[aria-sort="ascending"] button::after { content: " \\2191"; }
    th[aria-sort="descending"] button::after { content: " \\2193"; }
    th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; }
    td.n { white-space: nowrap; }
    td.w { min-width: 3rem; max-width: 30rem; overflow-wrap: anywhere; }
    table.sortable td.w { min-width: 12rem; }
    @media (min-width: 60rem) { table.sortable td.w { min-width: 22rem; } }
    figure .scroll { max-height: 22rem; overflow-y: auto; }
    .figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: 1rem; align-items: start; }
    figure { margin: 0; padding: 0.7rem; background: var(--card); border-radius: 6px; min-width: 0; }
    figcaption { font-weight: 600; overflow-wrap: anywhere; }
    figure svg.chart { display: block; width: 100%; max-width: 540px; height: auto; margin: 0.3rem 0; }
    svg text { font: 11px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--soft); }
    svg text.number { fill: var(--ink); font-size: 9px; pointer-events: none; }
    svg text.strong { fill: var(--ink); font-weight: 600; }
    .grid { stroke: var(--rule); stroke-width: 1; }
    .line { fill: none; stroke-width: 1.8; }
    .dense { fill: var(--back); stroke: var(--ink); stroke-width: 2; }
    .gone { fill: none; stroke: var(--c1); stroke-width: 1.4; }
    .kept { fill: var(--c0); }
    .cell { fill: var(--c1); }
    .empty { fill: none; stroke: var(--rule); stroke-width: 0.6; }
    .cross { stroke: var(--ink); stroke-width: 1; }
    .f0 { fill: var(--c0); } .f1 { fill: var(--c1); } .f2 { fill: var(--c2); } .f3 { fill: var(--c3); }
    .f4 { fill: var(--c4); } .f5 { fill: var(--c5); } .f6 { fill: var(--c6); }
    .s0 { stroke: var(--c0); } .s1 { stroke: var(--c1); } .s2 { stroke: var(--c2); } .s3 { stroke: var(--c3); }
    .s4 { stroke: var(--c4); } .s5 { stroke: var(--c5); } .s6 { stroke: var(--c6); }
    ul.legend { list-style: none; margin: 0.2rem 0; padding: 0; font-size: 0.85rem; }
    ul.legend li { display: flex; gap: 0.5rem; align-items: flex-start; }
    ul.legend li span { min-width: 0; overflow-wrap: anywhere; }
    ul.legend svg { flex: none; width: 34px; height: 14px; margin-top: 0.2rem; }
    details { font-size: 0.9rem; }
    summary { cursor: pointer; color: var(--soft); }
    @media print {
      body { font-size: 10pt; }
      nav, summary { display: none; }
      .scroll, figure .scroll { overflow: visible; max-height: none; }
      svg.chart, tr, ul.legend li { break-inside: avoid; }
      h2, h3, figcaption { break-after: avoid; }
      figure { border: 1px solid var(--rule); margin-bottom: 1rem; }
      figure svg.chart { max-width: 11cm; }
      .figures { display: block; }
      details::details-content { content-visibility: visible; block-size: auto; }
      * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    }
    """
}
