using System.Globalization;

namespace PatientGrains.Host.Tests;

/// <summary>An import that is killed and repeated ends in the same record as one that was not.</summary>
public class InterruptedImportTests
{
    /// <summary>PATIENTGRAINS_KILLS=50 for the full proof; the default keeps the suite quick.</summary>
    private static readonly int Kills =
        int.TryParse(Environment.GetEnvironmentVariable("PATIENTGRAINS_KILLS"), CultureInfo.InvariantCulture, out int kills) ? kills : 3;

    [Fact]
    public async Task Killed_again_and_again_and_repeated_it_ends_in_the_same_record()
    {
        using var folder = new TemporaryFolder();
        await Tool.Expect(0, folder, "generate", "in/bundles", "--patients", "25", "--years", "4");
        await Tool.Expect(0, folder, "generate", "in/lines", "--patients", "12", "--years", "3", "--form", "Ndjson", "--seed", "2");
        await Tool.Expect(0, folder, "import", "in", "--data", "whole");
        var whole = await Store.Versions(Store.Settings(folder, "whole"));
        Assert.All(whole.Keys, key => Assert.EndsWith("/1", key));

        Directory.CreateDirectory(folder["cut"]);
        File.Copy(folder["whole/keyring.json"], folder["cut/keyring.json"]);
        long size = Sizes(folder["whole"]);
        for (int kill = 1; kill <= Kills; kill++)
            await ImportUntil(folder, size * kill / (Kills + 1));
        var last = await Tool.Expect(0, folder, "import", "in", "--data", "cut");
        Assert.Equal(whole, await Store.Versions(Store.Settings(folder, "cut")));
        Assert.Contains("no rejects", last.Out);
        await Tool.Expect(0, folder, "verify", "--data", "cut");
        Assert.DoesNotContain("urn:", last.Error);
    }

    /// <summary>Kills the import when the store has grown to a size, wherever that is in the work.</summary>
    private static async Task ImportUntil(TemporaryFolder folder, long bytes)
    {
        using var process = Tool.Start(folder, [], "import", "in", "--data", "cut");
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var watch = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
        while (!said.IsCompleted && Sizes(folder["cut"]) < bytes)
            await watch.WaitForNextTickAsync();
        Tool.End(process);
        await said;
    }

    private static long Sizes(string folder) => new[] { "patientgrains.db", "patientgrains.db-wal" }
        .Select(name => new FileInfo(Path.Combine(folder, name))).Sum(file => file.Exists ? file.Length : 0);
}
