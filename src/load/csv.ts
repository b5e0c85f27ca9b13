/** Rows as comma-separated values (RFC 4180): the first line names the columns. */

/** What may stand in a cell. Undefined is an empty one. */
export type Cell = string | number | undefined

const SPECIAL = /[",\r\n]/

/** The columns are those of the first row; lines end with CR LF. */
export function toCsv(rows: readonly Readonly<Record<string, Cell>>[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const lines = [columns, ...rows.map(row => columns.map(column => row[column]))]
  return lines.map(cells => `${cells.map(toCell).join(',')}\r\n`).join('')
}

function toCell(value: Cell): string {
  const text = value === undefined ? '' : String(value)
  return SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
