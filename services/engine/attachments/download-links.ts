import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { DownloadLinks, DownloadSize } from '../place';

/** Airtable's live as long. Source: Airtable Web API, field model, multipleAttachments. */
const LIFETIME_MS = 2 * 60 * 60 * 1000;
/** Links of one minute are the same, so that reading twice gives the same answer. */
const STEP_MS = 60 * 1000;

/** What the parts of a link say. */
export interface DownloadTicket {
  readonly workspaceId: string;
  readonly baseId: string;
  readonly attachmentId: string;
  readonly size: DownloadSize;
  /** Seconds since 1970, as text. */
  readonly expires: string;
  readonly signature: string;
}

export interface CheckedDownloadLinks extends DownloadLinks {
  /** What an address says that is a link made here, whole, and still good; undefined for any other. */
  read(address: string, now: Date): DownloadTicket | undefined;
  /** Whether a link was made here, whole, and is still good. */
  check(ticket: DownloadTicket, now: Date): 'good' | 'expired' | 'forged';
}

export interface DownloadLinkParts {
  /** Where the engine is reached, without a slash at the end. */
  readonly url: string;
  /** Only a key derived from it is used. */
  readonly secret: string;
}

interface LinkedFile extends Omit<DownloadTicket, 'expires' | 'signature'> {
  readonly filename: string;
  readonly now: Date;
}

export const DOWNLOAD_SIZES: readonly DownloadSize[] = ['original', 'small', 'large', 'full'];

/** The parts of a link's path, behind the address of the engine. */
const PATH = /^\/v0\/files\/([^/]+)\/([^/]+)\/([^/]+)\/([^/]+)\/[^/]+$/;

/** Makes and checks addresses under which anyone has an attachment's bytes for two hours. */
export function createDownloadLinks({ url, secret }: DownloadLinkParts): CheckedDownloadLinks {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'sagatable attachment download links', 32));

  function sign(ticket: Omit<DownloadTicket, 'signature'>): Buffer {
    const { workspaceId, baseId, attachmentId, size, expires } = ticket;
    return createHmac('sha256', key)
      .update([workspaceId, baseId, attachmentId, size, expires].join('/'))
      .digest();
  }

  function check(ticket: DownloadTicket, now: Date): 'good' | 'expired' | 'forged' {
    const right = sign(ticket);
    const given = Buffer.from(ticket.signature, 'base64url');
    if (given.length !== right.length || !timingSafeEqual(given, right)) return 'forged';
    return Number(ticket.expires) * 1000 > now.getTime() ? 'good' : 'expired';
  }

  return {
    urlOf({ workspaceId, baseId, attachmentId, size, filename, now }: LinkedFile) {
      const expires = String((Math.ceil((now.getTime() + LIFETIME_MS) / STEP_MS) * STEP_MS) / 1000);
      const signature = sign({ workspaceId, baseId, attachmentId, size, expires }).toString('base64url');
      // Dots alone would be taken for a folder.
      const name = /^\.+$/.test(filename) ? 'file' : encodeURIComponent(filename);
      return `${url}/v0/files/${workspaceId}/${baseId}/${attachmentId}/${size}/${name}?expires=${expires}&signature=${signature}`;
    },
    check,
    read(address, now) {
      if (!address.startsWith(`${url}/`) || !URL.canParse(address)) return undefined;
      const { pathname, searchParams } = new URL(address.slice(url.length), 'http://engine');
      const [, workspaceId = '', baseId = '', attachmentId = '', named = ''] = PATH.exec(pathname) ?? [];
      const size = DOWNLOAD_SIZES.find((known) => known === named);
      if (size === undefined) return undefined;
      const [expires = '', signature = ''] = ['expires', 'signature'].map(
        (name) => searchParams.get(name) ?? '',
      );
      const ticket = { workspaceId, baseId, attachmentId, size, expires, signature };
      return check(ticket, now) === 'good' ? ticket : undefined;
    },
  };
}
