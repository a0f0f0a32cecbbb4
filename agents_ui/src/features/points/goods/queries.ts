import { useMutation, useQuery, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { api, unwrap } from '../../../api/client';
import type { GoodsOrder, PointsGood, PointsPartner } from '../../../api/types';

/** What is set of a good. */
export type GoodForm = Pick<PointsGood, 'kind' | 'name' | 'points' | 'stock' | 'month_limit' | 'active'>;

const CATALOGUE = ['points-partners'];
const ordersOf = (elderId: string): readonly string[] => ['points', elderId, 'goods'];

export function useCatalogue() {
  return useQuery({ queryKey: CATALOGUE, queryFn: () => unwrap(api.GET('/api/points/partners')) });
}

/** Each answers with the whole catalogue; after a refusal it is read again, since somebody else was faster. */
function useChange<Asked>(
  ask: (asked: Asked) => Promise<PointsPartner[]>,
): UseMutationResult<PointsPartner[], Error, Asked> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ask,
    onSuccess: (partners) => queries.setQueryData(CATALOGUE, partners),
    onError: () => queries.invalidateQueries({ queryKey: CATALOGUE }),
  });
}

export function useAddPartner() {
  return useChange((name: string) => unwrap(api.POST('/api/points/partners', { body: { name } })));
}

export function useChangePartner(partner: PointsPartner) {
  return useChange((body: { name: string; active: boolean }) =>
    unwrap(
      api.PUT('/api/points/partners/{partner_id}', {
        params: { path: { partner_id: partner.id } },
        body: { ...body, version: partner.version },
      }),
    ),
  );
}

export function useSetGood(partnerId: string, good: PointsGood | null) {
  return useChange(({ kind, ...form }: GoodForm) =>
    good === null
      ? unwrap(
          api.POST('/api/points/partners/{partner_id}/goods', {
            params: { path: { partner_id: partnerId } },
            body: { kind, ...form },
          }),
        )
      : unwrap(
          api.PUT('/api/points/goods/{good_id}', {
            params: { path: { good_id: good.id } },
            body: { ...form, version: good.version },
          }),
        ),
  );
}

export function useOrders(elderId: string) {
  return useQuery({
    queryKey: ordersOf(elderId),
    queryFn: () => unwrap(api.GET('/api/elders/{elder_id}/goods-orders', { params: { path: { elder_id: elderId } } })),
  });
}

export interface OrdersAsked {
  state: GoodsOrder['state'] | null;
  partnerId: string | null;
  offset: number;
}

/** Of all elders; what is to be handed out stands by its deadline. */
export function useAllOrders({ state, partnerId, offset }: OrdersAsked) {
  const query = { offset, ...(state !== null && { state }), ...(partnerId !== null && { partner_id: partnerId }) };
  return useQuery({
    queryKey: ['points-goods-orders', state, partnerId, offset],
    queryFn: () => unwrap(api.GET('/api/points/goods-orders', { params: { query } })),
  });
}

export type Deed =
  | { do: 'order'; goodId: string; quantity: number }
  | { do: 'hand-out'; orderId: string }
  | { do: 'void'; orderId: string; reason: string };

function ask(elderId: string, deed: Deed): Promise<GoodsOrder[]> {
  if (deed.do === 'order')
    return unwrap(
      api.POST('/api/elders/{elder_id}/goods-orders', {
        params: { path: { elder_id: elderId } },
        body: { good_id: deed.goodId, quantity: deed.quantity },
      }),
    );
  const params = { path: { elder_id: elderId, order_id: deed.orderId } };
  if (deed.do === 'hand-out')
    return unwrap(api.POST('/api/elders/{elder_id}/goods-orders/{order_id}/handed-out', { params }));
  return unwrap(
    api.POST('/api/elders/{elder_id}/goods-orders/{order_id}/void', { params, body: { reason: deed.reason } }),
  );
}

/** Her points, her orders and the stock move together: all of them are read again, also after a refusal. */
export function useDeed(elderId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (deed: Deed) => ask(elderId, deed),
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ['points', elderId] }),
        queries.invalidateQueries({ queryKey: CATALOGUE }),
        queries.invalidateQueries({ queryKey: ['points-goods-orders'] }),
      ]),
  });
}
