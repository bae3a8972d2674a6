/** A page's text outside of code blocks, where `#` begins a heading. */
export function prose(markdown: string): string {
  return markdown.replace(/^```.*?^```$/gms, '');
}

/** The code blocks of a page in one language. */
export function codeBlocks(markdown: string, language: string): string[] {
  const blocks = [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  return blocks.filter(([, name]) => name === language).map(([, , code = '']) => code);
}
