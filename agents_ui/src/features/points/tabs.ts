import { lazy, type ComponentType } from 'react';
import type { Permission } from '../../api/types';

export interface PointsTab {
  /** The path below /points, and the key of its word in pointsPage.tabs. */
  key: 'account' | 'goods' | 'settlement' | 'volunteers' | 'alliances' | 'reviews' | 'books' | 'rules';
  reads: Permission;
  Component: ComponentType;
}

const Account = lazy(async () => ({ default: (await import('./account/AccountTab')).AccountTab }));
const Reviews = lazy(async () => ({ default: (await import('./reviews/ReviewsTab')).ReviewsTab }));
const Books = lazy(async () => ({ default: (await import('./books/BooksTab')).BooksTab }));
const Goods = lazy(async () => ({ default: (await import('./goods/GoodsTab')).GoodsTab }));
const Rules = lazy(async () => ({ default: (await import('./rules/RulesTab')).RulesTab }));
const Settlement = lazy(async () => ({ default: (await import('./settlement/SettlementTab')).SettlementTab }));

const Volunteers = lazy(async () => ({ default: (await import('./volunteers/VolunteersTab')).VolunteersTab }));

const Alliances = lazy(async () => ({ default: (await import('./alliances/AlliancesTab')).AlliancesTab }));

/** All tabs of /points in their order: each part of the scheme adds its line. */
export const TABS: readonly PointsTab[] = [
  { key: 'account', reads: 'points:read', Component: Account },
  { key: 'goods', reads: 'points:read', Component: Goods },
  { key: 'settlement', reads: 'points:books', Component: Settlement },
  { key: 'volunteers', reads: 'points:read', Component: Volunteers },
  { key: 'alliances', reads: 'points:books', Component: Alliances },
  { key: 'reviews', reads: 'points:write', Component: Reviews },
  { key: 'books', reads: 'points:books', Component: Books },
  { key: 'rules', reads: 'points:books', Component: Rules },
];
