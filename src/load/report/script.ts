/**
 * What a report gains where scripts run: values under the pointer and by arrow keys, designs shown
 * and hidden, two designs chosen for the difference, and a button for the look.
 *
 * Text, since it runs in a browser. The page is whole without it. It asks no network, writes no
 * HTML and gets everything from attributes of the pictures.
 */

const LOOK = `
const root = document.documentElement
const all = (selector, from = document) => [...from.querySelectorAll(selector)]
const make = (name, text = '', className = '') => {
  const made = document.createElement(name)
  made.textContent = text
  made.className = className
  return made
}
const makeSvg = (name, attributes) => {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}
const markOf = index => '#m' + ((index + Math.floor(index / 8) * 3) % 8)
const badge = index => {
  const classes = 'badge s' + (index % 8)
  const made = makeSvg('svg', { class: classes, viewBox: '-7 -7 14 14', 'aria-hidden': 'true' })
  made.append(makeSvg('use', { href: markOf(index) }))
  return made
}

const look = document.querySelector('#look')
const isSystemDark = matchMedia('(prefers-color-scheme: dark)')
const isDark = () => (root.dataset.look ?? (isSystemDark.matches ? 'dark' : 'light')) === 'dark'
const nameLook = () => { look.textContent = isDark() ? 'Light look' : 'Dark look' }
const stored = action => { try { return action() } catch { return null } }
const chosen = stored(() => localStorage.getItem('lancelot-look'))
if (chosen === 'dark' || chosen === 'light') root.dataset.look = chosen
look.hidden = false
look.addEventListener('click', () => {
  root.dataset.look = isDark() ? 'light' : 'dark'
  stored(() => localStorage.setItem('lancelot-look', root.dataset.look))
  nameLook()
})
isSystemDark.addEventListener('change', nameLook)
nameLook()
`

const SHOWN = `
const shown = document.querySelector('#shown')
const names = new Map(all('.line').map(line => [line.dataset.i, line.dataset.n]))
const off = new Set()
const chips = make('div')
chips.append(make('span', 'In the plots:', 'say'))
for (const [index, name] of [...names].sort(([one], [other]) => one - other)) {
  const chip = make('button')
  chip.type = 'button'
  chip.dataset.chip = index
  chip.append(badge(Number(index)), make('span', name))
  chip.addEventListener('click', () => {
    if (!off.delete(index)) off.add(index)
    showLines()
  })
  chips.append(chip)
}
const every = make('button')
every.type = 'button'
every.addEventListener('click', () => {
  const isHiding = off.size === 0
  off.clear()
  if (isHiding) for (const index of names.keys()) off.add(index)
  showLines()
})
chips.firstChild.after(every)
const showLines = () => {
  for (const line of all('.line')) line.classList.toggle('off', off.has(line.dataset.i))
  for (const chip of all('[data-chip]', chips)) {
    chip.setAttribute('aria-pressed', String(!off.has(chip.dataset.chip)))
  }
  every.textContent = off.size === 0 ? 'Hide all' : 'Show all'
}
showLines()
if (names.size > 1) {
  shown.append(chips)
  shown.hidden = false
}
`

const VALUES = `
const tip = make('div')
tip.id = 'tip'
tip.hidden = true
tip.setAttribute('aria-hidden', 'true')
const told = make('div', '', 'sr')
told.setAttribute('role', 'status')
document.body.append(tip, told)

for (const plot of all('svg.plot[data-x]')) {
  const columns = plot.dataset.x.split(' ').map(Number)
  const texts = plot.dataset.t.split('|')
  const [left, top, right, bottom] = plot.dataset.edge.split(' ').map(Number)
  const cross = makeSvg('path', { class: 'cross' })
  plot.append(cross)
  const lines = all('.line', plot).map(line => ({
    line,
    index: line.dataset.i,
    name: line.dataset.n,
    ys: line.dataset.y.split(' ').map(text => (text === '-' ? null : Number(text))),
    values: line.dataset.v.split('|'),
  }))
  let at = -1
  const hide = () => {
    at = -1
    tip.hidden = true
    cross.removeAttribute('d')
  }
  const show = column => {
    if (column === at) return
    at = column
    const found = lines.filter(each => !off.has(each.index) && each.ys[column] !== null)
    found.sort((one, other) => one.ys[column] - other.ys[column])
    cross.setAttribute('d', 'M' + columns[column] + ' ' + top + 'V' + bottom)
    tip.replaceChildren(make('b', texts[column]))
    for (const each of found) {
      const row = make('div')
      row.append(badge(Number(each.index)), make('span', each.name))
      row.append(make('span', each.values[column]))
      tip.append(row)
    }
    tip.hidden = false
    const box = plot.getBoundingClientRect()
    const scale = box.width / plot.viewBox.baseVal.width
    const x = box.left + columns[column] * scale
    const beside = x + 14 + tip.offsetWidth < root.clientWidth ? x + 14 : x - 14 - tip.offsetWidth
    tip.style.left = Math.max(4, beside) + scrollX + 'px'
    // On a telephone it would hide what it tells of.
    const y = root.clientWidth < 600 ? box.bottom + 4 : box.top + top * scale
    tip.style.top = y + scrollY + 'px'
    return found
  }
  plot.addEventListener('pointermove', event => {
    const box = plot.getBoundingClientRect()
    const x = ((event.clientX - box.left) / box.width) * plot.viewBox.baseVal.width
    if (x < left - 8 || x > right + 8) return hide()
    const far = columns.map(column => Math.abs(column - x))
    show(far.indexOf(Math.min(...far)))
  })
  plot.addEventListener('pointerleave', hide)
  plot.addEventListener('blur', hide)
  plot.setAttribute('tabindex', '0')
  const label = plot.getAttribute('aria-label')
  plot.setAttribute('aria-label', label + '. Arrow keys read its values.')
  plot.addEventListener('keydown', event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (event.key === 'Escape') hide()
    if (step === undefined) return
    event.preventDefault()
    const found = show(Math.max(0, Math.min(columns.length - 1, at + step)))
    const parts = found?.map(each => each.name + ' ' + each.values[at]) ?? []
    if (found) told.textContent = texts[at] + ': ' + parts.join(', ')
  })
}
`

const PAIR = String.raw`
const chooser = document.querySelector('.chooser')
const drawPair = plot => {
  const [, top, , bottom] = plot.dataset.edge.split(' ')
  const close = (path, to) => path + 'V' + to + 'H' + /^M([\d.]+)/.exec(path)[1] + 'Z'
  const sides = ['now', 'before'].map(side => {
    const index = chooser.querySelector('[data-side="' + side + '"]').value
    const choice = plot.querySelector('.choice[data-i="' + index + '"]')
    return { side, index: Number(index), choice, path: choice.getAttribute('d') }
  })
  const endOf = each => Number(each.choice.dataset.e)
  const [upper, lower] = [...sides].sort((one, other) => endOf(one) - endOf(other))
  const lowerY = Math.min(Number(bottom), Math.max(endOf(lower), endOf(upper) + 15))
  const upperY = Math.min(endOf(upper), lowerY - 15)
  const [now, before] = sides.map(each => each.choice.dataset.n)
  const label = plot.getAttribute('aria-label')
  const title = label.slice(0, label.indexOf(':'))
  plot.setAttribute('aria-label', title + ': ' + now + ' and ' + before)
  for (const each of sides) {
    const other = sides.find(one => one !== each)
    const look = 's' + (each.index % 8) + ' d' + (Math.floor(each.index / 8) % 3)
    const area = plot.querySelector('.area.' + each.side)
    area.setAttribute('class', 'area ' + each.side + ' ' + look)
    area.setAttribute('d', close(each.path, bottom))
    const clip = plot.querySelector('[id$="-' + (each.side === 'now' ? 'n' : 'b') + '"] path')
    clip.setAttribute('d', close(other.path, top))
    const end = plot.querySelector('.end.' + each.side)
    end.setAttribute('class', 'end ' + each.side + ' ' + look)
    end.querySelector('path').setAttribute('d', each.path)
    const y = each === lower ? lowerY : upperY
    end.querySelector('use').setAttribute('href', markOf(each.index))
    end.querySelector('use').setAttribute('y', y)
    end.querySelector('text').setAttribute('y', y + 4)
    end.querySelector('text').textContent = each.choice.dataset.s
  }
}
if (chooser) {
  chooser.hidden = false
  const draw = () => { for (const plot of all('#pair .plot.pair')) drawPair(plot) }
  for (const select of all('select', chooser)) select.addEventListener('change', draw)
}

let folded = []
addEventListener('beforeprint', () => {
  // Values of pictures stay folded: the tables of all figures have them.
  folded = all('details:not([open])').filter(each => !each.closest('figure'))
  for (const each of folded) each.open = true
})
addEventListener('afterprint', () => { for (const each of folded) each.open = false })
`

/** The whole script. */
export const SCRIPT: string = `'use strict'\n{${LOOK}${SHOWN}${VALUES}${PAIR}}`
