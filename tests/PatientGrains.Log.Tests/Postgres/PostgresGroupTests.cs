using PatientGrains.Log.Postgres;

namespace PatientGrains.Log.Tests;

/// <summary>What is said of the appends of a group whose transactions ended without an answer. No server is asked: all heads are
/// remembered.</summary>
public sealed class PostgresGroupTests : IDisposable
{
    private readonly KeyRing _ring = KeyRing.Ephemeral();
    private readonly PostgresHeads _heads = new("unused", () => 0);
    private readonly Sealer _a;
    private readonly Sealer _b;

    public PostgresGroupTests() => (_a, _b) = (Begun("Patient/a", 1), Begun("Patient/b", 2));

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _ring.Dispose();
    }

    /// <summary>An earlier transaction had gone without it, because its claim was taken then; a later one, with it, was refused.</summary>
    [Fact]
    public async Task Who_was_not_in_the_transaction_that_turns_out_to_be_committed_is_not_acknowledged_with_it()
    {
        List<PendingAppend> both = [Pending(_a), Pending(_b)];
        var group = new PostgresGroup(both, _heads);
        await Decide(group);
        Assert.Equal(both, group.Accepted);
        group.AreIn([both[0]]);
        Assert.Null(both[0].Refusal);
        Assert.IsType<LogFailedException>(both[1].Refusal);
    }

    [Fact]
    public async Task What_failed_with_an_outcome_unknown_is_not_sent_again()
    {
        List<PendingAppend> both = [Pending(_a), Pending(_b)];
        var group = new PostgresGroup(both, _heads);
        var unknown = both[1].Refusal = new LogFailedException("unknown");
        await Decide(group);
        Assert.Equal([both[0]], group.Accepted);
        Assert.Same(unknown, both[1].Refusal);
    }

    private static Task Decide(PostgresGroup group) => group.Decide(null!, _ => throw new InvalidOperationException("Nobody is asked."));

    private Sealer Begun(string name, long number)
    {
        var sealer = new Sealer(_ring, name);
        sealer.Next();
        _heads.Remember([KeyValuePair.Create(sealer.Id, new Known(number, sealer.Head, 0, false))], 0);
        return sealer;
    }

    private static PendingAppend Pending(Sealer sealer) => new(new AppendBatch(sealer.Next()));
}
