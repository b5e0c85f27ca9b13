/**
 * What is asked of a page from within it: functions as text, since they run in the browser.
 * Each is an expression whose value is a list of complaints, or what its comment says.
 */

/** How many pixels the page is wider than the window. */
export const PAGE_OVERHANG =
  'document.documentElement.scrollWidth - document.documentElement.clientWidth'

/** Texts whose contrast is below 4.5, with the colours behind them blended as they are shown. */
export const FAINT_TEXTS = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  canvas.canvas.width = canvas.canvas.height = 1
  const paint = colours => {
    canvas.clearRect(0, 0, 1, 1)
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1) }
    return [...canvas.getImageData(0, 0, 1, 1).data]
  }
  const luminance = ([red, green, blue]) => [red, green, blue]
    .map(value => value / 255)
    .map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0)
  const grounds = element => {
    const list = []
    for (let at = element; at; at = at.parentElement) {
      list.unshift(getComputedStyle(at).backgroundColor)
    }
    return list
  }
  const faint = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  let seen = 0
  while (walker.nextNode()) {
    const { parentElement, data } = walker.currentNode
    if (data.trim() === '' || !parentElement.checkVisibility()) continue
    if (parentElement.closest('script, .sr, option')) continue
    seen += 1
    const style = getComputedStyle(parentElement)
    const behind = grounds(parentElement)
    const colour = parentElement instanceof SVGElement ? style.fill : style.color
    const [one, other] = [luminance(paint(behind)), luminance(paint([...behind, colour]))]
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
    if (contrast < 4.5) faint.push(contrast.toFixed(2) + ' ' + data.trim().slice(0, 40))
  }
  return seen > 300 ? faint : ['only ' + seen + ' texts were seen']
})()`

/** What the mouse can use and the keyboard cannot reach: it should be focusable and is not. */
export const UNREACHABLE = `[...document.querySelectorAll(
  'a[href], button, select, summary, .scroll, svg.plot[data-x]'
)].filter(each => each.checkVisibility() && each.tabIndex < 0)
  .map(each => each.outerHTML.slice(0, 80))`

/** What has the focus, and whether its outline shows. */
export const FOCUSED = `(() => {
  const { activeElement } = document
  const { outlineStyle, outlineWidth } = getComputedStyle(activeElement)
  return {
    name: activeElement.tagName.toLowerCase() + '.' + (activeElement.getAttribute('class') ?? ''),
    isOutlined: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
  }
})()`

/** How many pictures are shown, each with a width and a height. */
export const PICTURES_SHOWN = `[...document.querySelectorAll('svg.plot')].filter(each => {
  const { width, height } = each.getBoundingClientRect()
  return each.checkVisibility() && width > 200 && height > 150
}).length`

/** Texts of pictures that lie on each other, or stand outside of their picture. */
export const CROWDED_TEXTS = `[...document.querySelectorAll('svg.plot')].flatMap(plot => {
  if (!plot.checkVisibility()) return []
  const edge = plot.getBoundingClientRect()
  const texts = [...plot.querySelectorAll('text')].filter(each => each.checkVisibility())
  const boxes = texts.map(each => ({ text: each.textContent, at: each.getBoundingClientRect() }))
  const name = plot.getAttribute('aria-label').slice(0, 40) + ': '
  const outside = boxes.filter(({ at }) => at.left < edge.left - 1 || at.right > edge.right + 1 ||
    at.top < edge.top - 1 || at.bottom > edge.bottom + 1)
  const pairs = boxes.flatMap((one, index) => boxes.slice(index + 1).map(other => [one, other]))
  const crossing = pairs.filter(([{ at: one }, { at: other }]) =>
    Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 &&
    Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 3)
  return [
    ...outside.map(({ text }) => name + text + ' is outside'),
    ...crossing.map(([one, other]) => name + one.text + ' lies on ' + other.text),
  ]
})`

/** What the pair's pictures are drawn of, as text. */
export const PAIR_DRAWN = `[...document.querySelectorAll('#pair svg.plot')].map(plot =>
  plot.getAttribute('aria-label') + [...plot.querySelectorAll('.area, clipPath path, .end *')]
    .map(each => [...each.attributes].map(({ name, value }) => name + value).join(' ') +
      (each.childElementCount === 0 ? each.textContent : '')).join('\\n')).join('\\n')`
