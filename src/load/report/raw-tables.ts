/** Every figure of a run as tables, folded: what the plots were drawn from. */

import type { RunFile } from '../run-file.ts'
import { folded, section, table } from './figure.ts'
import type { Html, Part } from './html.ts'
import { bytes, figure, micros, whole } from './numbers.ts'

/** The section of all figures. */
export function rawSection(run: RunFile): Html {
  const lead =
    'The same figures and more, with the histograms, are in this file as JSON, which ' +
    'lancelot report reads.'
  return section('figures', 'All figures', lead, [
    folded(`Cycles (${run.cycles.length})`, cycles(run)),
    folded(`Blocks (${run.blocks.length})`, blocks(run)),
    folded(`Growth (${run.growth.length})`, growth(run)),
  ])
}

function cycles(run: RunFile): Part {
  const columns = [
    'Design',
    'Users',
    'Rate /s',
    'p50',
    'p90',
    'p99',
    'CPU µs a request',
    'Due',
    'Right',
    'Wrong',
    'Lost',
    'Late',
    'Refused',
    'Unanswered',
    'Resident',
    'Threads',
    'Processes',
    'Listen overflows',
  ]
  const rows = run.cycles.map(each => [
    each.name,
    whole(each.users),
    whole(each.rate),
    micros(each.p50Us),
    micros(each.p90Us),
    micros(each.p99Us),
    each.right > 0 ? figure(each.serverCpuUs / each.right) : '–',
    ...[each.due, each.right, each.wrong, each.lost, each.late, each.refused, each.unanswered].map(
      whole,
    ),
    bytes(each.serverResidentBytes),
    whole(each.serverThreads),
    whole(each.serverProcesses),
    whole(each.listenOverflows),
  ])
  return table({ caption: 'Every cycle of the closed load', columns, rows })
}

function blocks(run: RunFile): Part {
  const columns = [
    'Block',
    'Order',
    'Design',
    'CPU µs a request, by round',
    'p50',
    'p99',
    'Capacity /s',
  ]
  const rows = run.blocks.flatMap(({ number, order, values }) =>
    order.flatMap((name, at) => {
      const found = values[name]
      if (!found) return []
      const { capacity, capacityIsGenerators } = found
      return [
        [
          String(number),
          String(at + 1),
          name,
          found.cpuPerRequestUs.map(figure).join(', '),
          found.p50Us.map(micros).join(', '),
          found.p99Us.map(micros).join(', '),
          capacity === null ? '–' : `${capacityIsGenerators ? '≥ ' : ''}${whole(capacity)}`,
        ],
      ]
    }),
  )
  return table({ caption: 'Every block: what the verdicts are derived from', columns, rows })
}

function growth(run: RunFile): Part {
  const columns = ['Design', 'Axis', 'At', 'CPU µs a request', 'Memory a connection']
  const rows = run.growth.map(each => [
    each.name,
    each.axis,
    whole(each.at),
    figure(each.cpuPerRequestUs),
    each.bytesPerConnection === undefined ? '–' : bytes(each.bytesPerConnection),
  ])
  return table({ caption: 'Cost against connections and pipelining', columns, rows })
}
