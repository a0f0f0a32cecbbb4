import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { drafts, noteKey } from '../../app/drafts';
import { errorText } from '../../i18n/words';

/** Always at hand; what is typed survives a reload until it is saved. */
export function NoteField({ caseId }: { caseId: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [text, setText] = useState(() => drafts.get(noteKey(caseId)));
  useEffect(() => drafts.set(noteKey(caseId), text), [caseId, text]);
  const save = useMutation({
    mutationFn: (note: string) =>
      unwrap(api.POST('/api/cases/{case_id}/notes', { params: { path: { case_id: caseId } }, body: { text: note } })),
    onSuccess: (_, saved) => {
      setText((now) => (now.trim() === saved ? '' : now));
      void queries.invalidateQueries({ queryKey: ['case', caseId] });
    },
  });
  const note = text.trim();
  const submit = (): void => {
    if (note !== '' && !save.isPending) save.mutate(note);
  };
  return (
    <div className="note">
      <Input.TextArea
        data-testid="note-input"
        autoSize={{ minRows: 2, maxRows: 6 }}
        maxLength={4000}
        placeholder={t('case.notePlaceholder')}
        aria-label={t('case.noteLabel')}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          submit();
        }}
      />
      <div className="note-foot">
        <span className={save.isError ? 'note-error' : 'quiet'} role={save.isError ? 'alert' : undefined}>
          {save.isError ? errorText(save.error) : note !== '' ? t('case.noteDraft') : ''}
        </span>
        <Button data-testid="note-save" disabled={note === ''} loading={save.isPending} onClick={submit}>
          {t('case.noteSave')}
        </Button>
      </div>
    </div>
  );
}
