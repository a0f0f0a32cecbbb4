import {
  ApartmentOutlined,
  AuditOutlined,
  BarChartOutlined,
  BookOutlined,
  CustomerServiceOutlined,
  DashboardOutlined,
  EyeOutlined,
  FundProjectionScreenOutlined,
  SettingOutlined,
  SwapOutlined,
  TeamOutlined,
} from '@ant-design/icons';
import { lazy, type ComponentType, type ReactNode } from 'react';
import type { Permission } from '../api/types';

export type PageKey =
  | 'desk'
  | 'elders'
  | 'knowledge'
  | 'regions'
  | 'handover'
  | 'floor'
  | 'wallboard'
  | 'reports'
  | 'access'
  | 'admin'
  | 'account';

export interface PageEntry {
  key: PageKey;
  /** Everything below it is the page's own. */
  path: string;
  /** Shown to whoever may one of these; empty: to everybody. */
  anyOf: Permission[];
  icon: ReactNode;
  Component: ComponentType;
  /** Not in the rail: reached from elsewhere. */
  hidden?: boolean;
  /** Over the whole window, without the frame (the wallboard hangs on a wall). */
  bare?: boolean;
}

const Desk = lazy(async () => ({ default: (await import('../features/console/DeskPage')).DeskPage }));
const Elders = lazy(async () => ({ default: (await import('../features/elders/EldersPage')).EldersPage }));
const Knowledge = lazy(async () => ({ default: (await import('../features/knowledge/KnowledgePage')).KnowledgePage }));
const Regions = lazy(async () => ({ default: (await import('../features/regions/RegionsPage')).RegionsPage }));
const Handover = lazy(async () => ({ default: (await import('../features/handover/HandoverPage')).HandoverPage }));
const Floor = lazy(async () => ({ default: (await import('../features/floor/FloorPage')).FloorPage }));
const Wallboard = lazy(async () => ({ default: (await import('../features/wallboard/WallboardPage')).WallboardPage }));
const Reports = lazy(async () => ({ default: (await import('../features/reports/ReportsPage')).ReportsPage }));
const Access = lazy(async () => ({ default: (await import('../features/access/AccessPage')).AccessPage }));
const Admin = lazy(async () => ({ default: (await import('../features/admin/AdminPage')).AdminPage }));
const Account = lazy(async () => ({ default: (await import('../features/account/AccountPage')).AccountPage }));

/** All pages, in the order of the rail. The first that somebody may see is where she begins. */
export const PAGES: PageEntry[] = [
  { key: 'desk', path: '/', anyOf: ['calls:see'], icon: <CustomerServiceOutlined />, Component: Desk },
  { key: 'elders', path: '/elders', anyOf: ['elders:search'], icon: <TeamOutlined />, Component: Elders },
  { key: 'knowledge', path: '/knowledge', anyOf: ['knowledge:read'], icon: <BookOutlined />, Component: Knowledge },
  { key: 'regions', path: '/regions', anyOf: ['regions:read'], icon: <ApartmentOutlined />, Component: Regions },
  { key: 'handover', path: '/handover', anyOf: ['handover:sign'], icon: <SwapOutlined />, Component: Handover },
  { key: 'floor', path: '/floor', anyOf: ['floor:watch'], icon: <DashboardOutlined />, Component: Floor },
  {
    key: 'wallboard',
    path: '/wallboard',
    anyOf: ['floor:watch'],
    icon: <FundProjectionScreenOutlined />,
    Component: Wallboard,
    bare: true,
  },
  { key: 'reports', path: '/reports', anyOf: ['reports:read'], icon: <BarChartOutlined />, Component: Reports },
  { key: 'access', path: '/access', anyOf: ['audit:read', 'glass:review'], icon: <AuditOutlined />, Component: Access },
  { key: 'admin', path: '/admin', anyOf: ['users:read', 'centre:read'], icon: <SettingOutlined />, Component: Admin },
  { key: 'account', path: '/account', anyOf: [], icon: <EyeOutlined />, Component: Account, hidden: true },
];

export function pagesFor(permissions: readonly Permission[]): PageEntry[] {
  return PAGES.filter((page) => page.anyOf.length === 0 || page.anyOf.some((one) => permissions.includes(one)));
}
