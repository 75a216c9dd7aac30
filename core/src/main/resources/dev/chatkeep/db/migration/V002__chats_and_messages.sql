create table chatkeep.chat (
    user_id         uuid not null references chatkeep.app_user on delete cascade,
    id              text collate "C" not null,
    created_at      timestamptz not null,
    -- what its owner sets
    title           text,
    visibility      text not null default 'private',
    model_id        text,
    sandbox_id      text,
    last_context    jsonb,
    -- what changes with every message
    updated_at      timestamptz not null,
    change_seq      bigint not null default 0, -- user_head.change_seq of the last change; 0 only before the first
    path            int[] not null default '{{0,1,0}}', -- the shown messages: rows of {branch, first pos, last pos}
    branches        int not null default 1, -- branch numbers given out
    stored_messages bigint not null default 0, -- on all branches
    -- the trash
    is_deleted      boolean not null default false,
    deleted_at      timestamptz,
    primary key (user_id, id),
    constraint chat_id_valid check (length(id) between 1 and 64),
    constraint chat_visibility_valid check (visibility in ('public', 'private')),
    constraint chat_model_id_valid check (length(model_id) <= 64),
    constraint chat_sandbox_id_valid check (length(sandbox_id) <= 128),
    constraint chat_deleted_at_valid check (is_deleted = (deleted_at is not null))
);
create index chat_user_id_idx on chatkeep.chat (user_id, created_at, id);
create index chat_updated_at_idx on chatkeep.chat (user_id, updated_at desc, id) where not is_deleted;
create index chat_is_deleted_idx on chatkeep.chat (user_id, deleted_at, id) where is_deleted;

-- What a chat showed when it went on along another branch: the path whose last segment is on this branch. The path that
-- is shown is the chat's own; the row of its branch, if there is one, is old.
create table chatkeep.chat_branch (
    user_id uuid not null,
    chat_id text collate "C" not null,
    branch  int not null,
    path    int[] not null,
    primary key (user_id, chat_id, branch),
    foreign key (user_id, chat_id) references chatkeep.chat (user_id, id) on delete cascade
);

-- What a chat's title is found by, beside the chat and not on it: every message touches its chat, and a touch enters
-- every index of the row again (docs/design/02-chat-table.md). folded is the title in lower case without accents. Each
-- of the terms begins with the end of its user's id: by a word alone, or by (user_id, terms), a search for the beginning
-- of a word would gather what all users have of it before it meets the one user.
create table chatkeep.chat_title (
    user_id uuid not null,
    chat_id text collate "C" not null,
    folded  text collate "C" not null,
    terms   tsvector not null,
    primary key (user_id, chat_id),
    foreign key (user_id, chat_id) references chatkeep.chat (user_id, id) on delete cascade
);
create index chat_title_terms_idx on chatkeep.chat_title using gin (terms) with (fastupdate = off);

-- That a chat was there and is deleted for good, for whoever follows changes.
create table chatkeep.chat_tombstone (
    user_id    uuid not null references chatkeep.app_user on delete cascade,
    id         text collate "C" not null,
    change_seq bigint not null,
    deleted_at timestamptz not null,
    primary key (user_id, id)
);

-- Messages never move: (branch, pos) is given once. Along a chat's path pos only grows. The wire id may stand on
-- several branches, since an edit sends the same id with other words.
create table chatkeep.message (
    user_id     uuid not null,
    chat_id     text collate "C" not null,
    branch      int not null,
    pos         int not null,
    id          text collate "C" not null,
    role        text not null,
    status      text not null,
    parts       jsonb not null,
    bytes       int not null generated always as (octet_length(parts::text)) stored, -- of parts, as they are sent
    attachments jsonb not null default '[]',
    metadata    jsonb,
    error       text, -- why an answer failed or was interrupted, in words for its reader
    source      text, -- 'client' when it was written by a client, and not said here
    payment_id  uuid,
    created_at  timestamptz not null,
    constraint message_chat_id_idx primary key (user_id, chat_id, branch, pos),
    foreign key (user_id, chat_id) references chatkeep.chat (user_id, id) on delete cascade,
    constraint message_id_valid check (length(id) between 1 and 64),
    constraint message_source_valid check (source = 'client'),
    constraint message_role_valid check (role in ('user', 'assistant', 'system')),
    constraint message_status_valid check (status in ('streaming', 'complete', 'stopped', 'interrupted', 'failed'))
);
create index message_id_idx on chatkeep.message (user_id, chat_id, id);
create index message_payment_id_idx on chatkeep.message (user_id, payment_id) where payment_id is not null;
create index message_created_at_idx on chatkeep.message (user_id, created_at);
