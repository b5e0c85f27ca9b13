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
