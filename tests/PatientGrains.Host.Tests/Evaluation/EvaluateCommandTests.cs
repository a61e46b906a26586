using System.Text.Json;

namespace PatientGrains.Host.Tests;

public sealed class EvaluateCommandTests : IDisposable
{
    private const string Ill = "HR=120 Resp=30 Lactate=4.2";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_folder_of_stays_becomes_tables_and_a_file_of_figures()
    {
        _folder.Write("stays/a.psv", Psv.Text(6, Enumerable.Repeat(Ill, 12)));
        _folder.Write("stays/more/b.psv", Psv.Text(null, Enumerable.Repeat("HR=80 Resp=15", 12)));
        _folder.Write("stays/notes.txt", "not a stay");
        var ran = await Tool.Expect(0, _folder, "evaluate", "sepsis", "stays", "--json", "figures.json");
        Assert.Contains("2 stays, 1 of them septic; 24 hours, 6 labelled", ran.Out);
        Assert.Contains("Sepsis-3 and septic shock cannot be evaluated", ran.Out);
        Assert.Equal("", ran.Error);
        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(_folder["figures.json"]));
        var sirs = json.RootElement.GetProperty("rules").EnumerateArray().Single(rule => rule.GetProperty("rule").GetString() == "sirs");
        Assert.Equal(1, sirs.GetProperty("hourSensitivity").GetProperty("value").GetDouble());
        Assert.Equal("score", sirs.GetProperty("rankedBy").GetString());
        Assert.Contains("sirs", ran.Out);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path, "data"));
    }

    [Fact]
    public async Task Malformed_files_are_told_by_line_and_skipped_and_the_exit_code_says_so()
    {
        _folder.Write("stays/a.psv", Psv.Text(6, Enumerable.Repeat(Ill, 12)));
        _folder.Write("stays/b.psv", Psv.Text(null, Ill) + "1|2|3\n");
        _folder.Write("stays/c.psv", "HR|O2Sat\n");
        _folder.Write("stays/d.psv", []);
        var ran = await Tool.Expect(1, _folder, "evaluate", "sepsis", "stays");
        Assert.Contains("b.psv line 3: 3 columns, not 41; skipped", ran.Error);
        Assert.Contains("c.psv line 1: the header", ran.Error);
        Assert.Contains("d.psv line 1: no hours", ran.Error);
        Assert.Contains("3 of 4 files are malformed and were skipped.", ran.Error);
        Assert.Contains("1 stays, 1 of them septic", ran.Out);
    }

    [Fact]
    public async Task Without_a_stay_there_is_nothing_to_evaluate()
    {
        Directory.CreateDirectory(_folder["empty"]);
        Assert.Contains("no .psv files", (await Tool.Expect(2, _folder, "evaluate", "sepsis", "empty")).Error);
        _folder.Write("broken/a.psv", "x");
        Assert.Contains("no file could be read", (await Tool.Expect(2, _folder, "evaluate", "sepsis", "broken")).Error);
        await Tool.Expect(2, _folder, "evaluate", "sepsis", "none");
        await Tool.Expect(2, _folder, "evaluate", "sepsis");
    }

    [SepsisSampleFact]
    public async Task The_sample_of_the_challenge_is_evaluated_twice_alike()
    {
        var ran = await Tool.Expect(0, _folder, "evaluate", "sepsis", SepsisSampleFactAttribute.Sample!, "--json", "one.json");
        Assert.Contains("400 stays, 120 of them septic; 15824 hours, 1122 labelled", ran.Out);
        await Tool.Expect(0, _folder, "evaluate", "sepsis", SepsisSampleFactAttribute.Sample!, "--json", "two.json");
        Assert.Equal(await File.ReadAllTextAsync(_folder["one.json"]), await File.ReadAllTextAsync(_folder["two.json"]));
        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(_folder["one.json"]));
        foreach (var rule in json.RootElement.GetProperty("rules").EnumerateArray())
        {
            if (!rule.GetProperty("isEvaluable").GetBoolean())
                continue;
            var auroc = rule.GetProperty("auroc");
            double low = auroc.GetProperty("low").GetDouble();
            Assert.InRange(auroc.GetProperty("value").GetDouble(), low, auroc.GetProperty("high").GetDouble());
        }
    }
}

/// <summary>Runs when the sample of the Challenge lies beside the repository; in CI it must.</summary>
public sealed class SepsisSampleFactAttribute : FactAttribute
{
    public SepsisSampleFactAttribute()
    {
        if (Sample is null && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "../shared/data/sepsis/sample-400 is not there.";
    }

    public static string? Sample { get; } = Find();

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "PatientGrains.sln")))
                continue;
            string data = Path.GetFullPath(Path.Combine(folder.FullName, "..", "shared", "data", "sepsis", "sample-400"));
            return Directory.Exists(data) ? data : null;
        }
        return null;
    }
}
