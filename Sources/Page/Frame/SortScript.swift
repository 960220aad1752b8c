/// The script that sorts tables by a click on a head; without it they stand as they are.
///
/// It holds neither `<` nor `&`, so that the page is well-formed as XML too.
enum SortScript {
  static let text: StaticString = """
    for (const table of document.querySelectorAll("table.sortable")) {
      const body = table.tBodies[0];
      table.querySelectorAll("thead th").forEach((head, column) => {
        const isNumeric = head.classList.contains("n");
        const key = row => {
          const cell = row.cells[column];
          return isNumeric ? Number(cell.dataset.v ?? NaN) : cell.textContent;
        };
        const button = document.createElement("button");
        button.type = "button";
        button.append(...head.childNodes);
        head.append(button);
        button.addEventListener("click", () => {
          const isUp = head.getAttribute("aria-sort") !== "ascending";
          for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
          head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
          const sign = isUp ? 1 : -1;
          const order = (a, b) => {
            const [x, y] = [key(a), key(b)];
            if (!isNumeric) return sign * x.localeCompare(y, undefined, { numeric: true });
            if (isNaN(x)) return isNaN(y) ? 0 : 1;
            return isNaN(y) ? -1 : sign * (x - y);
          };
          body.append(...[...body.rows].sort(order));
        });
      });
    }
    """
}
