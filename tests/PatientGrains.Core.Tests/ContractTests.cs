using System.Text.Json;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Tests;

/// <summary>
/// The JSON of every event, command and outcome ever, as files in Contracts: <c>root.stable-name.json</c>, later shapes
/// <c>root.stable-name.2.json</c> and so on.
/// A sample is written once and never changed: logs hold that shape for ever, and while a cluster is upgraded grains of two versions talk
/// to each other.
/// </summary>
public class ContractTests
{
    private const string WriteVariable = "WRITE_MISSING_CONTRACTS";

    private static readonly JsonSerializerOptions Indented = new(CoreJson.Default.Options) { WriteIndented = true };

    public static TheoryData<string> Samples => [.. Directory.EnumerateFiles(Folder, "*.json").Select(file => Path.GetFileName(file))
        .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Samples))]
    public void An_old_sample_is_still_read_and_loses_nothing(string sample)
    {
        string text = File.ReadAllText(Path.Combine(Folder, sample));
        var root = sample.Split('.')[0] switch { "event" => typeof(Event), "command" => typeof(Command), _ => typeof(Outcome) };
        object read = JsonSerializer.Deserialize(text, CoreJson.Default.Options.GetTypeInfo(root))!;
        using var before = JsonDocument.Parse(text);
        using var after = JsonDocument.Parse(Json(read));
        Assert.Equal(sample.Split('.')[1], before.RootElement.GetProperty("$").GetString());
        Assert.Equal("", Lost(before.RootElement, after.RootElement, ""));
        if (read is Event happened)
        {
            var record = new PatientRecord();
            RecordFold.Evolve(record, happened);
            Assert.Equal(1, record.NextSeq);
        }
    }

    [Fact]
    public void What_is_written_today_is_among_the_samples()
    {
        var missing = new List<string>();
        foreach (object value in Vocabulary.All)
        {
            string json = Json(value) + "\n";
            using var parsed = JsonDocument.Parse(json);
            string name = $"{Vocabulary.RootOf(value).Name.ToLowerInvariant()}.{parsed.RootElement.GetProperty("$").GetString()}";
            string[] known = [.. Directory.EnumerateFiles(Folder, name + ".*json")];
            if (known.Any(file => File.ReadAllText(file) == json))
                continue;
            missing.Add(name);
            if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
                File.WriteAllText(Path.Combine(Folder, known.Length == 0 ? $"{name}.json" : $"{name}.{known.Length + 1}.json"), json);
        }
        string names = string.Join(", ", missing);
        Assert.True(missing.Count == 0, $"Shapes without a sample: {names}. If they are meant, run `{WriteVariable}=1 dotnet test "
            + "tests/PatientGrains.Core.Tests -c Release` and commit the new files; never change an old one.");
    }

    [Theory]
    [InlineData("""{"a":1,"b":[{"c":2}]}""", """{"a":1,"b":[{"c":2,"d":3}]}""", "")]
    [InlineData("""{"a":1}""", """{"b":1}""", "/a")]
    [InlineData("""{"a":[{"c":2}]}""", """{"a":[{}]}""", "/a/0/c")]
    [InlineData("""{"a":[1,2]}""", """{"a":[1]}""", "/a")]
    [InlineData("""{"a":"x"}""", """{"a":"y"}""", "/a")]
    public void A_lost_or_changed_member_is_caught(string before, string after, string lost) =>
        Assert.Equal(lost, Lost(JsonDocument.Parse(before).RootElement, JsonDocument.Parse(after).RootElement, ""));

    /// <summary>Path of the first member of the old sample that does not come back with its value; empty when all do.</summary>
    private static string Lost(JsonElement before, JsonElement after, string path)
    {
        if (before.ValueKind != after.ValueKind)
            return path;
        switch (before.ValueKind)
        {
            case JsonValueKind.Object:
                return before.EnumerateObject()
                    .Select(member => after.TryGetProperty(member.Name, out var now) ? Lost(member.Value, now, $"{path}/{member.Name}")
                        : $"{path}/{member.Name}")
                    .FirstOrDefault(lost => lost.Length > 0, "");
            case JsonValueKind.Array when before.GetArrayLength() == after.GetArrayLength():
                return before.EnumerateArray().Zip(after.EnumerateArray())
                    .Select((pair, i) => Lost(pair.First, pair.Second, $"{path}/{i}"))
                    .FirstOrDefault(lost => lost.Length > 0, "");
            default:
                return JsonElement.DeepEquals(before, after) ? "" : path;
        }
    }

    private static string Json(object value) => JsonSerializer.Serialize(value, Indented.GetTypeInfo(Vocabulary.RootOf(value)));

    private static string Folder
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "PatientGrains.sln")))
                folder = folder.Parent!;
            return Directory.CreateDirectory(Path.Combine(folder.FullName, "tests/PatientGrains.Core.Tests/Contracts")).FullName;
        }
    }
}
