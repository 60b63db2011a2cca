/* What in a page is not of the page's own making; run inside it, returns sentences. */
() => {
  const FORBIDDEN =
    'script:not([src^="/"]), style, link:not([href^="/"]), base, meta[http-equiv], iframe, frame, object, embed, ' +
    'portal, fencedframe, img:not(.brand img, .sign-in img), picture, source, image, area, map, video, audio, math, ' +
    'svg :is(script, style, use, image, animate, set, foreignObject, a, text), marquee, plaintext, xmp, noembed, ' +
    'template, [is], [part], [contenteditable], [srcdoc], [srcset], [ping], [formaction], form[action], ' +
    'lo-answer lo-answer, lo-frame lo-frame, body body, head head, [style*="url("], [name="attributes"]';
  const ADDRESSES = ['href', 'src', 'action', 'data', 'poster', 'background', 'xlink:href', 'cite'];
  const wrong = [];
  const tell = (element, why) => wrong.push(`${why}: ${element.outerHTML.slice(0, 160)}`);
  for (const element of document.querySelectorAll(FORBIDDEN)) tell(element, 'it must not be there');
  for (const element of document.querySelectorAll('*')) {
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name)) tell(element, 'it acts');
      if (!ADDRESSES.includes(name)) continue;
      const { protocol, origin } = new URL(value, location.href);
      const safe = element.localName === 'a' ? ['http:', 'https:', 'mailto:'] : ['http:', 'blob:', 'data:'];
      if (!safe.includes(protocol)) tell(element, `an address of ${protocol}`);
      if (element.localName === 'a' ? origin === location.origin : origin === location.origin || protocol === 'data:') continue;
      if (element.localName !== 'a') tell(element, 'an address elsewhere');
      else if (!element.relList.contains('noopener') || element.target !== '_blank') tell(element, 'it can reach back');
    }
    if (element.id && document.querySelectorAll(`#${CSS.escape(element.id)}`).length > 1) tell(element, 'an id used twice');
  }
  const own =
    document.getElementById('app')?.localName === 'div' && typeof document.cookie === 'string' &&
    typeof document.querySelector === 'function' && document.body instanceof HTMLBodyElement &&
    Object.prototype.ran === undefined && location.host !== 'elsewhere.example';
  if (!own) wrong.push('what the page builds on has been replaced');
  return wrong;
}
