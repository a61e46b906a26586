using System.Globalization;

namespace PatientGrains.Log.Tests;

/// <summary>
/// Processes that write, and servers that keep it, are killed at random moments. Whatever was acknowledged is there afterwards, once, in
/// chains that verify, and feeds, due times, claims and tokens are what the events say.
/// </summary>
public sealed class KillTests
{
    /// <summary>How often is killed: PATIENTGRAINS_KILLS, else what the kind of store allows in a run of all tests.</summary>
    private static int? Kills { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("PATIENTGRAINS_KILLS"), CultureInfo.InvariantCulture, out int kills) ? kills : null;

    /// <summary>Its emulator answers so slowly that a process that loses to the other waits for seconds.</summary>
    private const string Azure = "azure";

    /// <summary>A lost head, and the transaction that waited for a journal that lost one.</summary>
    private static readonly string[] LostToTheOther = [nameof(StaleHeadException), nameof(OperationCanceledException)];

    [StoreTheory, MemberData(nameof(Store.DurableKinds), MemberType = typeof(Store))]
    public async Task Nothing_acknowledged_is_lost_however_often_the_process_is_killed_under_load(string kind)
    {
        await using var durable = await Store.MakeDurable(kind);
        using var child = new Child(durable.Address);
        // Several processes that write one store contend for its logs, and lose journals to each other; one alone loses none.
        string[] processes = durable.IsShared ? ["a", "b"] : ["a"];
        var lines = new List<string>();
        var random = new Random(20261121);
        int events = 0, count = Kills ?? (durable.IsShared ? 2 : 8);
        for (int kill = 0; kill < count; kill++)
        {
            int acks = random.Next(1, durable.IsShared ? 200 : 600);
            var said = await Task.WhenAll(processes.Select(process => child.Run($"r{kill}{process}", killAfterAcks: acks)));
            lines.AddRange(said.SelectMany(line => line));
            await durable.EndSessions();
            int now = await child.Check(lines);
            Assert.True(now > events, "nothing was written");
            events = now;
        }
        Assert.All(lines.Where(line => line.StartsWith("fail", StringComparison.Ordinal)), line =>
            Assert.True(durable.IsShared && LostToTheOther.Any(kind => line.StartsWith("fail " + kind, StringComparison.Ordinal)), line));
        Assert.True(lines.Count(line => line.StartsWith("ack ", StringComparison.Ordinal)) > count * 20);
    }

    [StoreTheory, MemberData(nameof(Store.KindsWithServer), MemberType = typeof(Store))]
    public async Task Nothing_acknowledged_is_lost_however_often_the_server_is_killed_under_load_and_its_users_go_on(string kind)
    {
        await using var durable = await Store.MakeDurable(kind);
        using var child = new Child(durable.Address);
        using var over = new CancellationTokenSource();
        string[] processes = ["a", "b"];
        var acks = processes.Select(_ => new SemaphoreSlim(0)).ToList();
        var running = processes.Zip(acks).Select(one =>
            child.Run(one.First, onEachAck: () => one.Second.Release(), kill: over.Token)).ToList();
        try
        {
            await KillAgainAndAgain(durable, acks, mostAcks: kind == Azure ? 15 : 60);
        }
        finally
        {
            await over.CancelAsync();
        }
        var lines = (await Task.WhenAll(running)).SelectMany(said => said).ToList();
        Assert.DoesNotContain("done", lines);
        await durable.EndSessions();
        await child.Check(lines);
    }

    /// <param name="durable">Its server is killed.</param>
    /// <param name="acks">Of each process.</param>
    /// <param name="mostAcks">Of each process between two kills.</param>
    private static async Task KillAgainAndAgain(DurableStore durable, List<SemaphoreSlim> acks, int mostAcks)
    {
        var random = new Random(20261122);
        int count = Kills ?? 3;
        for (int kill = 0; kill <= count; kill++)
        {
            foreach (var ofProcess in acks)
            {
                for (int acknowledged = random.Next(1, mostAcks); acknowledged > 0; acknowledged--)
                    Assert.True(await ofProcess.WaitAsync(Store.Patience), "the load does not go on");
            }
            if (kill == count)
                break;
            await durable.KillServer();
            // What was acknowledged before is no sign that it goes on.
            foreach (var ofProcess in acks)
            {
                while (ofProcess.CurrentCount > 0)
                    await ofProcess.WaitAsync();
            }
            await durable.StartServer();
        }
    }
}
