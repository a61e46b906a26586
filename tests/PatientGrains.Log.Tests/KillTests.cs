using System.Globalization;

namespace PatientGrains.Log.Tests;

public sealed class KillTests
{
    /// <summary>How often a child is killed: PATIENTGRAINS_KILLS, else 8.</summary>
    private static int Kills { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("PATIENTGRAINS_KILLS"), CultureInfo.InvariantCulture, out int kills) ? kills : 8;

    [Fact]
    public async Task Nothing_acknowledged_is_lost_however_often_the_process_is_killed_under_load()
    {
        using var child = new Child();
        var lines = new List<string>();
        var random = new Random(20261121);
        int events = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            lines.AddRange(await child.Run($"r{kill}", killAfterAcks: random.Next(1, 600)));
            int now = await child.Check(lines);
            Assert.True(now > events, "nothing was written");
            events = now;
        }
        Assert.DoesNotContain(lines, line => line.StartsWith("fail", StringComparison.Ordinal));
        Assert.True(lines.Count(line => line.StartsWith("ack ", StringComparison.Ordinal)) > Kills * 20);
    }
}
