import { useQuery } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import type { components } from '../../api/schema';

type Schemas = components['schemas'];
export type ArticleView = Schemas['ArticleView'];
export type ArticleHit = Schemas['ArticleHit'];
export type ArticleContent = Schemas['ArticleContent'];
export type ArticleState = Schemas['ArticleState'];
export type Topic = Schemas['Topic'];
export type VersionLine = Schemas['VersionLine'];
export type LineKind = 'sos' | 'service';

export const TOPICS: readonly Topic[] = [
  'emergency',
  'policy',
  'how_to',
  'dialect',
  'housekeeping',
  'repair',
  'delivery',
  'personal_care',
  'escort',
  'companionship',
];

export function useArticles(q: string, topic: Topic | '', state: ArticleState | '') {
  return useQuery({
    queryKey: ['knowledge', 'list', q, topic, state],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET('/api/knowledge', {
          params: { query: { q, ...(topic && { topic }), ...(state && { state }) } },
          signal,
        }),
      ),
    placeholderData: (before) => before,
  });
}

export function useArticle(articleId: string | null) {
  return useQuery({
    queryKey: ['knowledge', 'article', articleId],
    queryFn: () =>
      unwrap(api.GET('/api/knowledge/{article_id}', { params: { path: { article_id: articleId ?? '' } } })),
    enabled: articleId !== null,
  });
}

export interface About {
  line: LineKind | null;
  topic: Topic | null;
  communityId: string | null;
  outcome?: string;
  words?: string;
}

export function useSuggested({ line, topic, communityId, outcome = '', words = '' }: About) {
  return useQuery({
    queryKey: ['knowledge', 'suggested', line, topic, communityId, outcome, words],
    queryFn: () =>
      unwrap(
        api.GET('/api/knowledge/suggested', {
          params: {
            query: {
              ...(line && { line }),
              ...(topic && { topic }),
              ...(communityId && { community_id: communityId }),
              ...(outcome && { outcome }),
              ...(words && { words }),
            },
          },
        }),
      ),
    staleTime: 5 * 60_000,
  });
}

export function useVersions(articleId: string) {
  return useQuery({
    queryKey: ['knowledge', 'versions', articleId],
    queryFn: () =>
      unwrap(api.GET('/api/knowledge/{article_id}/versions', { params: { path: { article_id: articleId } } })),
  });
}

export function useVersion(articleId: string, number: number | null) {
  return useQuery({
    queryKey: ['knowledge', 'version', articleId, number],
    queryFn: () =>
      unwrap(
        api.GET('/api/knowledge/{article_id}/versions/{number}', {
          params: { path: { article_id: articleId, number: number ?? 0 } },
        }),
      ),
    enabled: number !== null && number > 0,
    staleTime: Infinity, // what was said is never changed
  });
}
