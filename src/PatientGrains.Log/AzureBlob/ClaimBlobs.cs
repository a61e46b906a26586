using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace PatientGrains.Log.AzureBlob;

/// <summary>
/// Locator keys, a small blob each, <c>claims/key</c>: who held the key, and who holds it if the commit that it names is where it was to
/// go. So a claim takes effect in the moment in which its commit does, and nothing has to be written after that; whoever changes the key
/// next writes down what came of it. A reservation that came to nothing hinders nobody.
/// </summary>
internal sealed class ClaimBlobs(BlobClient client, Decisions decisions)
{
    /// <summary>What a claim's blob says.</summary>
    /// <param name="Owner">Who held the key before.</param>
    /// <param name="Next">Who holds it when the commit counts; nobody after a release.</param>
    /// <param name="By">The commit; its hash is zero when any commit at the position will do that makes the same claim.</param>
    private readonly record struct State(LogId? Owner, LogId? Next, Decider By)
    {
        private const int Size = 104;

        public static State Read(ReadOnlySpan<byte> from)
        {
            if (from.Length != Size || from[0] != (byte)'K' || from[1] != 1)
                throw new LogFailedException("A claim's blob is not what was written.");
            return new State(
                (from[2] & 1) != 0 ? LogId.Read(from[8..]) : null,
                (from[2] & 2) != 0 ? LogId.Read(from[24..]) : null,
                new Decider(LogId.Read(from[40..]), new BlobPosition(BinaryPrimitives.ReadInt64LittleEndian(from[56..])),
                    ChainHash.Read(from[64..])));
        }

        public byte[] Write()
        {
            byte[] to = new byte[Size];
            (to[0], to[1]) = ((byte)'K', 1);
            to[2] = (byte)((Owner is null ? 0 : 1) | (Next is null ? 0 : 2));
            Owner?.Write(to.AsSpan(8));
            Next?.Write(to.AsSpan(24));
            By.Log.Write(to.AsSpan(40));
            BinaryPrimitives.WriteInt64LittleEndian(to.AsSpan(56), By.At.Value);
            By.Hash.Write(to.AsSpan(64));
            return to;
        }
    }

    /// <summary>What an append has reserved, to give back when it is refused.</summary>
    internal sealed class Reserved
    {
        internal ConcurrentDictionary<BlindKey, (LogId? Owner, string Tag)> Keys { get; } = [];
    }

    private static string Name(BlindKey key) => $"claims/{key}";

    public async Task<LogId?> Locate(BlindKey key, CancellationToken cancel)
    {
        if (await client.GetWhole(Name(key), cancel).ConfigureAwait(false) is not { } blob)
            return null;
        var state = State.Read(blob.Bytes.Span);
        return state.By != default && await decisions.Look(state.By, key, cancel).ConfigureAwait(false) == true ? state.Next : state.Owner;
    }

    /// <summary>Reserves the claims and releases of an append for the commit that will decide it. What is in the way of another append
    /// that is neither there nor given up waits until the free ones are taken.</summary>
    /// <exception cref="ClaimTakenException">Another log holds a key: the first such claim in the order of the append.</exception>
    public async Task Reserve(AppendBatch batch, Decider by, Reserved reserved)
    {
        var taken = new ConcurrentDictionary<BlindKey, LogId>();
        var claims = batch.Claims.Select(claim => (claim.Key, Wanted: (LogId?)claim.Log, claim.Log, claim.Replaces));
        var releases = batch.Releases.Select(release => (release.Key, Wanted: (LogId?)null, release.Log, Replaces: (LogId?)null));
        await Task.WhenAll(claims.Concat(releases).Select(async change =>
        {
            if (await Reserve(change.Key, change.Wanted, change.Log, change.Replaces, by, reserved).ConfigureAwait(false) is { } holder)
                taken[change.Key] = holder;
        })).ConfigureAwait(false);
        foreach (var claim in batch.Claims)
        {
            if (taken.TryGetValue(claim.Key, out var holder))
                throw new ClaimTakenException(claim.Key, holder);
        }
    }

    /// <summary>Who is in the way, or null when the key is reserved.</summary>
    private async Task<LogId?> Reserve(BlindKey key, LogId? wanted, LogId log, LogId? replaces, Decider by, Reserved reserved)
    {
        // Most claims are of keys that nobody ever had.
        if (wanted is not null && await client.Put(Name(key), new State(null, wanted, by).Write(), "").ConfigureAwait(false) is { } first)
        {
            reserved.Keys[key] = (null, first);
            return null;
        }
        while (true)
        {
            var blob = await client.GetWhole(Name(key)).ConfigureAwait(false);
            LogId? owner = null;
            if (blob is { } there)
            {
                var state = State.Read(there.Bytes.Span);
                if (state.By == by)
                    return null;
                if (state.By.Log == by.Log && state.By.At == by.At && state.Next == wanted
                    && await decisions.Look(state.By, key).ConfigureAwait(false) is null)
                {
                    if (wanted is not null && state.Owner is { } before && before != log && before != replaces)
                        return before;
                    if (await Share(key, state, by, there.Tag).ConfigureAwait(false))
                        return null;
                    continue;
                }
                owner = await OwnerOf(state, key).ConfigureAwait(false);
            }
            if (wanted is null && owner != log)
                return null;
            if (wanted is not null && owner is { } holder && holder != log && holder != replaces)
                return holder;
            if (wanted is not null && owner == log)
                return null;
            string? tag = await client.Put(Name(key), new State(owner, wanted, by).Write(), blob?.Tag ?? "").ConfigureAwait(false);
            if (tag is not null)
            {
                reserved.Keys[key] = (owner, tag);
                return null;
            }
        }
    }

    /// <summary>Another activation wants the same for a commit at the same position: it is for whichever of them lands there.</summary>
    private async Task<bool> Share(BlindKey key, State state, Decider by, string tag) =>
        state.By.Hash == default
        || await client.Put(Name(key), (state with { By = by with { Hash = default } }).Write(), tag).ConfigureAwait(false) is not null;

    private async Task<LogId?> OwnerOf(State state, BlindKey key)
    {
        if (state.By == default)
            return state.Owner;
        if (await decisions.Look(state.By, key).ConfigureAwait(false) is { } counts)
            return counts ? state.Next : state.Owner;
        // Waits for it, and sees to it that something is there.
        await decisions.Counts(state.By).ConfigureAwait(false);
        return await decisions.Look(state.By, key).ConfigureAwait(false) == true ? state.Next : state.Owner;
    }

    /// <summary>Gives back what an append reserved that will not be written.</summary>
    public Task GiveBack(Reserved reserved) => Task.WhenAll(reserved.Keys.Select(key => Set(key.Key, key.Value.Owner, key.Value.Tag)));

    /// <summary>Frees a key if a log holds it.</summary>
    public async Task Free(BlindKey key, LogId log)
    {
        while (await client.GetWhole(Name(key)).ConfigureAwait(false) is { } blob
            && await OwnerOf(State.Read(blob.Bytes.Span), key).ConfigureAwait(false) == log)
            await Set(key, null, blob.Tag).ConfigureAwait(false);
    }

    private Task Set(BlindKey key, LogId? owner, string tag) =>
        owner is null
            ? client.Delete(Name(key), tag)
            : client.Put(Name(key), new State(owner, owner, default).Write(), tag);
}
