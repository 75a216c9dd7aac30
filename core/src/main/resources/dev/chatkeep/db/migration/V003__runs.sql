-- A server process that writes answers. Another node that sees the counter stand still for a whole lease, on its own
-- clock, takes its runs over.
create table chatkeep.node (
    id   uuid primary key,
    beat bigint not null
) with (fillfactor = 50);

-- An answer being written, or written. turn_key names what was asked, so that asking again finds this run.
create table chatkeep.run (
    user_id     uuid not null,
    chat_id     text collate "C" not null,
    id          uuid not null,
    turn_key    text collate "C" not null,
    branch      int not null, -- of the answer's message
    pos         int not null,
    message_id  text collate "C" not null,
    model_id    text not null,
    status      text not null,
    node_id     uuid not null,
    epoch       int not null default 1, -- a writer with another epoch is fenced
    started_at  timestamptz not null,
    finished_at timestamptz,
    take_overs  int not null default 0, -- attempts to end it that others made when its node was gone
    is_stopping boolean not null default false, -- its reader asked for its end; its node may not know yet
    -- what the turn was answered for, given back when nothing came of it
    paid_with   text, -- null: it cost nothing
    payment_id  uuid,
    free_until  timestamptz, -- the end of the window whose free message it took
    network     text, -- of a guest who took one; gone when the run ends
    primary key (user_id, chat_id, id),
    foreign key (user_id, chat_id) references chatkeep.chat (user_id, id) on delete cascade,
    constraint run_turn_key_unique unique (user_id, chat_id, turn_key),
    constraint run_status_valid check (status in ('streaming', 'complete', 'stopped', 'interrupted', 'failed')),
    constraint run_paid_with_valid check (paid_with in ('free', 'payment')),
    constraint run_payment_id_valid check ((payment_id is not null) = (paid_with is not distinct from 'payment')),
    constraint run_finished_at_valid check ((status = 'streaming') = (finished_at is null))
);
create unique index run_active_idx on chatkeep.run (user_id, chat_id, branch) where status = 'streaming';
create index run_place_idx on chatkeep.run (user_id, chat_id, branch, pos);
create index run_node_idx on chatkeep.run (node_id) where status = 'streaming';

-- What runs say while they say it, in batches: chunks up to number last, one a line. A ring of slots of ten minutes, of
-- which the oldest is emptied whole before it is written again. No foreign key: each insert would lock the run's row.
create table chatkeep.run_event (
    user_id uuid not null,
    run_id  uuid not null,
    last    int not null,
    slot    smallint not null,
    lines   text not null,
    at      timestamptz not null,
    primary key (user_id, run_id, last, slot)
) partition by list (slot);
create table chatkeep.run_event_0 partition of chatkeep.run_event for values in (0);
create table chatkeep.run_event_1 partition of chatkeep.run_event for values in (1);
create table chatkeep.run_event_2 partition of chatkeep.run_event for values in (2);
create table chatkeep.run_event_3 partition of chatkeep.run_event for values in (3);
