using PatientGrains.Log;
using Xunit.Abstractions;

namespace PatientGrains.Cluster.Tests;

/// <summary>
/// Two clusters that know nothing of each other, on one log: every patient has two activations, each of which believes it owns it.
/// </summary>
public class SplitBrainTests(ITestOutputHelper output)
{
    private const string Patient = "torn";

    [Fact]
    public async Task Of_two_activations_of_a_patient_exactly_one_writes_each_commit_and_nothing_acknowledged_is_lost_or_doubled()
    {
        using var ring = KeyRing.Ephemeral();
        await using var log = new InMemoryLog();
        await using var left = await TestedCluster.Start(2, log, ring);
        await using var right = await TestedCluster.Start(2, log, ring);
        await left.Http.PutPatients([Patient]);
        Writers[] sides = [new Writers(left.Http, [Patient], 3), new Writers(right.Http, [Patient], 3) { Prefix = "r" }];
        foreach (var side in sides)
            side.Start();
        await Task.WhenAll(sides.Select(side => side.Until(() => side.Acknowledged.Count >= 60)));
        await Task.WhenAll(sides.Select(side => side.Stop()));
        // Each side finds what the other wrote, at its first version: nothing was written over, nothing twice.
        await sides[0].FindEverything(left.Http);
        await sides[0].FindEverything(right.Http);
        await sides[1].FindEverything(left.Http);
        await sides[1].FindEverything(right.Http);
        var report = await LogVerifier.Verify(log, ring);
        Assert.True(report.IsSound);
        using var everything = await Writers.Read(left.Http, $"Patient/{Patient}/$everything?_count=5000");
        string bundle = await everything.Content.ReadAsStringAsync();
        int observations = bundle.Split("\"resourceType\":\"Observation\"").Length - 1;
        Assert.Equal(sides.Sum(side => side.Acknowledged.Count), observations);
        output.WriteLine($"{sides[0].Acknowledged.Count} and {sides[1].Acknowledged.Count} acknowledged, {observations} there; "
            + $"told 503: {sides[0].Told503} and {sides[1].Told503}");
    }
}
