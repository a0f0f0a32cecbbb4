import { useTranslation } from 'react-i18next';
import { useOptions } from '../../api/queries';
import type { CallView } from '../../api/types';
import { usePlanBehind } from '../followups/behind-call';
import { isBad } from '../followups/words';
import { filledIn, lineOf, openingFor } from './greeting';

/** What is said first, as the centre has written it for this line and dialect; the built-in words where it has not. Who is not satisfied hears a sorry. */
export function Greeting({ call }: { call: CallView }) {
  const { t } = useTranslation();
  const options = useOptions().data;
  const found = call.pop?.elder;
  const elder = found?.presence === 'deceased' ? null : found; // her family is calling: no name of hers
  const opening = options
    ? openingFor(options.openings, lineOf(call.called, options.lines)?.number ?? '', elder?.dialect ?? '')
    : undefined;
  const builtIn = elder ? t('ring.greet', { name: elder.salutation }) : t('ring.greetUnknown');
  const plan = usePlanBehind(call);
  const sorry =
    plan !== null && isBad(plan) ? t('ring.greetBad', { name: elder?.salutation ?? call.elder_name }) : null;
  const words =
    opening && options
      ? filledIn(elder ? opening.text : opening.text_unknown, {
          name: elder?.salutation ?? '',
          centre: options.centre_name,
        })
      : builtIn;
  return (
    <p className="call-greet quiet" data-testid="greeting">
      {sorry ?? words}
    </p>
  );
}
