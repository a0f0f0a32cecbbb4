import { Fragment, useMemo } from 'react';
import { parse, startsOf, type Inline } from './markdown';
import './knowledge.css';

/** An article's text as elements. */
export function ArticleBody({ body }: { body: string }) {
  const blocks = useMemo(() => parse(body), [body]);
  const starts = useMemo(() => startsOf(blocks), [blocks]);
  return (
    <div className="article-body">
      {blocks.map((block, index) => {
        if (block.kind === 'list') {
          const items = block.items.map((item, at) => (
            <li key={at}>
              <Words parts={item} />
            </li>
          ));
          return block.ordered ? (
            <ol key={index} start={starts[index] ?? 1}>
              {items}
            </ol>
          ) : (
            <ul key={index}>{items}</ul>
          );
        }
        const lines = block.lines.map((line, at) => (
          <Fragment key={at}>
            {at > 0 && <br />}
            <Words parts={line} />
          </Fragment>
        ));
        if (block.kind === 'heading') return <h3 key={index}>{lines}</h3>;
        return block.kind === 'quote' ? <blockquote key={index}>{lines}</blockquote> : <p key={index}>{lines}</p>;
      })}
    </div>
  );
}

function Words({ parts }: { parts: readonly Inline[] }) {
  return parts.map((part, index) => {
    if (part.kind === 'text') return <Fragment key={index}>{part.text}</Fragment>;
    if (part.kind === 'bold') {
      return (
        <strong key={index}>
          <Words parts={part.parts} />
        </strong>
      );
    }
    const away = part.href.startsWith('https:') ? { target: '_blank', rel: 'noreferrer noopener' } : {};
    return (
      <a key={index} href={part.href} {...away}>
        {part.text}
      </a>
    );
  });
}
