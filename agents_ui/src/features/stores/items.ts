import { useTranslation } from 'react-i18next';
import { useQuery } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';

/** Names of what stores may offer, by code; what the centre does itself is left out. */
export function useItemNames() {
  const { i18n } = useTranslation();
  const found = useQuery({
    queryKey: ['catalog', 'everywhere'],
    queryFn: () => unwrap(api.GET('/api/catalog')),
    staleTime: 5 * 60_000,
  });
  const offered = (found.data ?? []).filter((item) => item.claim_mode !== 'centre');
  const names = new Map(offered.map((item) => [item.code, i18n.language === 'zh' ? item.name_zh : item.name_en]));
  return { names, items: offered };
}

export function useLicenceKinds() {
  return useQuery({
    queryKey: ['catalog', 'licences'],
    queryFn: () => unwrap(api.GET('/api/catalog/licences')),
    staleTime: Infinity,
  });
}
