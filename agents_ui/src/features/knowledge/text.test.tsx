import { render } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import { ArticleBody } from './ArticleBody';
import { changedFields, diffLines } from './diff';
import { isSafe, parse, parseInline, startsOf } from './markdown';

const html = (body: string): string => render(<ArticleBody body={body} />).container.innerHTML;

describe('the small Markdown', () => {
  test('paragraphs, headings, lists, quotations', () => {
    const blocks = parse('第一段\n还是第一段\n\n第二段\n## 小标题\n- 一\n- 二\n1. 先\n2. 再\n> 您说');
    expect(blocks.map((block) => block.kind)).toEqual(['paragraph', 'paragraph', 'heading', 'list', 'list', 'quote']);
    expect(blocks[0]).toMatchObject({ lines: [[{ text: '第一段' }], [{ text: '还是第一段' }]] });
    expect(blocks[3]).toMatchObject({ ordered: false, items: [[{ text: '一' }], [{ text: '二' }]] });
    expect(blocks[4]).toMatchObject({ ordered: true });
  });

  test('bold and links within a line', () => {
    expect(parseInline('打 **[110](tel:110)**,看[这里](https://example.cn/a?b=1)。')).toEqual([
      { kind: 'text', text: '打 ' },
      { kind: 'bold', parts: [{ kind: 'link', text: '110', href: 'tel:110' }] },
      { kind: 'text', text: ',看' },
      { kind: 'link', text: '这里', href: 'https://example.cn/a?b=1' },
      { kind: 'text', text: '。' },
    ]);
    expect(parseInline('2 ** 3')).toEqual([{ kind: 'text', text: '2 ** 3' }]);
  });

  test('steps go on counting after a quotation, and begin anew after a heading', () => {
    expect(startsOf(parse('1. 一\n2. 二\n> 说\n3. 三\n## 又\n1. 一'))).toEqual([1, 1, 3, 1, 1]);
  });

  test.each([
    'javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    'data:text/html,<b>',
    'http://plain.example',
    '//x.example',
    '/api/elders',
    'https://',
    'tel:',
    'tel:abc',
    'vbscript:x',
  ])('%s is no link', (href) => {
    expect(isSafe(href)).toBe(false);
    expect(html(`[这里](${href})`)).not.toContain('<a ');
  });

  test('marks of HTML stay text', () => {
    const drawn = html('<img src=x onerror=alert(1)> <script>alert(1)</script>\n\n- <b>粗</b>');
    expect(drawn).not.toMatch(/<(img|script|b)\b/);
    expect(drawn).toContain('&lt;script&gt;');
  });

  test('a good link leaves the console alone', () => {
    const { container } = render(<ArticleBody body="[网址](https://example.cn) [电话](tel:0710-345)" />);
    const [web, phone] = [...container.querySelectorAll('a')];
    expect([web?.getAttribute('href'), web?.target, web?.rel]).toEqual([
      'https://example.cn',
      '_blank',
      'noreferrer noopener',
    ]);
    expect([phone?.getAttribute('href'), phone?.target]).toEqual(['tel:0710-345', '']);
  });
});

describe('what is different', () => {
  test('lines that stay, go and come', () => {
    expect(diffLines('一\n二\n三', '一\n三\n四')).toEqual([
      { kind: 'same', text: '一' },
      { kind: 'removed', text: '二' },
      { kind: 'same', text: '三' },
      { kind: 'added', text: '四' },
    ]);
    expect(diffLines('甲', '乙')).toEqual([
      { kind: 'removed', text: '甲' },
      { kind: 'added', text: '乙' },
    ]);
    expect(diffLines('同', '同').every((line) => line.kind === 'same')).toBe(true);
  });

  test('both texts can be read out of it', () => {
    const [a, b] = ['一\n二\n二\n三\n\n四', '零\n二\n三\n三\n四\n'];
    const lines = diffLines(a, b);
    const without = (kind: string) =>
      lines
        .filter((line) => line.kind !== kind)
        .map((line) => line.text)
        .join('\n');
    expect(without('added')).toBe(a);
    expect(without('removed')).toBe(b);
  });

  test('fields', () => {
    expect(changedFields({ a: [1], b: 2, c: 3 }, { a: [1], b: 3, c: 4 }, ['c'])).toEqual(['b']);
  });
});
