using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using PatientGrains.Host.Settings;
using PatientGrains.Host.Tests.Independent;

namespace PatientGrains.Host.Tests.Deployment;

/// <summary>
/// What docker-compose.yml needs is there and spelled right. Containers cannot be run by these tests: the parts that can be checked without
/// them are, each by the program that reads it.
/// </summary>
public sealed partial class DeploymentTests
{
    private const string Folder = "src/PatientGrains.Host/Deployment";

    private static readonly string Root = FindRoot();
    private static readonly string Compose = File.ReadAllText(Path.Combine(Root, "docker-compose.yml"));

    [ProgramFact("docker-compose", "openssl")]
    public async Task Compose_takes_the_file()
    {
        using var folder = new TemporaryFolder();
        await MakeSecrets(folder);
        Tool.Expect(0, await Check(), "docker-compose config");
        // And not because it takes anything.
        File.WriteAllText(Path.Combine(folder.Path, "docker-compose.yml"), Compose.Replace("restart:", "restarts:"));
        Assert.NotEqual(0, (await Check()).Exit);

        Task<Ran> Check() => Run(folder.Path, "docker-compose", "-f", "docker-compose.yml", "config", "-q");
    }

    [ProgramFact("openssl")]
    public async Task Every_path_that_it_names_is_in_the_repository_or_made_by_the_script()
    {
        using var folder = new TemporaryFolder();
        await MakeSecrets(folder);
        var named = NamedPath().Matches(Compose).Select(match => match.Groups[1].Value).Distinct().ToList();
        Assert.True(named.Count > 15, string.Join(", ", named));
        Assert.All(named, path => Assert.True(File.Exists(Path.Combine(folder.Path, path)), path));
    }

    [Fact]
    public void Every_setting_that_it_gives_is_a_setting()
    {
        var known = typeof(HostSettings).GetProperties().Where(property => property.CanWrite)
            .Select(property => HostSettings.EnvironmentPrefix + property.Name.ToUpperInvariant()).ToHashSet();
        var given = Setting().Matches(Compose).Select(match => match.Groups[1].Value).ToList();
        Assert.True(given.Count > 8);
        Assert.All(given, name => Assert.Contains(name, known));
    }

    /// <summary>As the file gives it, and as its first lines say that it can be chosen.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("PATIENTGRAINS_STORE=azure")]
    [InlineData("PATIENTGRAINS_STORE=azure PATIENTGRAINS_CLUSTERING=azure")]
    public void Nodes_take_what_it_says_about_their_stores(string chosen)
    {
        Assert.Contains(chosen, Compose);
        using var folder = new TemporaryFolder();
        string key = Path.Combine(folder.Path, "key"), connection = Path.Combine(folder.Path, "connection");
        File.WriteAllText(key, "c2VjcmV0");
        File.WriteAllText(connection, "Host=postgres");
        var choices = chosen.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(choice => choice.Split('='))
            .ToDictionary(choice => choice[0], choice => choice[1]);
        string ValueOf(Match choice) => choices.GetValueOrDefault(choice.Groups["name"].Value, choice.Groups["default"].Value);
        var given = Value().Matches(Compose).DistinctBy(match => match.Groups["name"].Value)
            .ToDictionary(match => match.Groups["name"].Value, match => Chosen().Replace(match.Groups["value"].Value, ValueOf));
        var settings = new ConfigurationBuilder().AddInMemoryCollection(given!).Build().Get<HostSettings>()!;
        settings = settings with { PostgresFile = connection, AzureKeyFile = key };

        Assert.NotEmpty(settings.CheckedPostgres());
        if (settings.StoreKind == StoreKind.Azure)
            Assert.Equal("azurite", settings.CheckedBlobs().Endpoint.Host);
        if (settings.ClusteringKind == ClusteringKind.Azure)
            Assert.Equal("azurite", settings.CheckedTables().Endpoint.Host);
    }

    [Fact]
    public void The_image_is_built_from_what_is_there()
    {
        string text = File.ReadAllText(Path.Combine(Root, Folder, "Dockerfile"));
        Assert.Contains("-p:Engine=Orleans", text);
        Assert.Contains("USER $APP_UID", text);
        Assert.True(File.Exists(Path.Combine(Root, PublishedProject().Match(text).Groups[1].Value)));
    }

    [YamlFact]
    public async Task The_configuration_of_the_other_parts_is_yaml()
    {
        const string Load = "import sys, yaml; assert isinstance(yaml.safe_load(open(sys.argv[1])), dict)";
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Root, Folder), "*.y*ml", SearchOption.AllDirectories))
            Tool.Expect(0, await Run(Root, SuiteTool.Command("python"), "-c", Load, file), file);
    }

    [ProgramFact("haproxy", "openssl")]
    public async Task The_proxy_takes_its_configuration()
    {
        using var folder = new TemporaryFolder();
        await MakeSecrets(folder);
        string config = File.ReadAllText(Path.Combine(Root, Folder, "haproxy.cfg"))
            .Replace("/run/secrets/proxy-certificate", Path.Combine(folder.Path, "secrets/proxy-bundle.pem"))
            .Replace("/run/secrets/ca", Path.Combine(folder.Path, "secrets/ca.pem"));
        File.WriteAllText(Path.Combine(folder.Path, "haproxy.cfg"), config);
        Tool.Expect(0, await Run(folder.Path, "haproxy", "-c", "-f", "haproxy.cfg"), "haproxy");
    }

    [Fact]
    public void The_dashboard_and_the_rules_ask_for_metrics_that_exist()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, Folder, "grafana/patientgrains.json")));
        var asked = dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .SelectMany(panel => panel.TryGetProperty("targets", out var targets) ? targets.EnumerateArray() : default)
            .Select(target => target.GetProperty("expr").GetString()!)
            .Append(File.ReadAllText(Path.Combine(Root, Folder, "prometheus-rules.yml")))
            .SelectMany(text => Metric().Matches(text)).Select(match => match.Value).Distinct().ToList();
        Assert.True(asked.Count > 15);
        var exported = Ours().Concat(Runtimes()).ToHashSet();
        Assert.All(asked, name => Assert.Contains(name, exported));
    }

    /// <summary>Our instruments by the names that Prometheus gives them, read from the source: most are made at first use.</summary>
    private static IEnumerable<string> Ours() =>
        from file in Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
        where !file.Contains("/obj/", StringComparison.Ordinal)
        from Match match in Instrument().Matches(File.ReadAllText(file))
        from name in Exported(match.Groups["kind"].Value, match.Groups["name"].Value, match.Groups["unit"].Value)
        select name;

    private static List<string> Runtimes()
    {
        var names = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == "System.Runtime")
                names.AddRange(Exported(instrument.GetType().Name, instrument.Name, instrument.Unit ?? ""));
        };
        listener.Start();
        return names;
    }

    /// <summary>The collector's Prometheus exporter: dots become underscores, a unit that is no annotation is appended, and counters end in
    /// <c>_total</c> (OpenTelemetry, "Prometheus and OpenMetrics Compatibility").</summary>
    private static IEnumerable<string> Exported(string kind, string name, string unit)
    {
        string exported = name.Replace('.', '_') + unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        if (kind.Contains("Histogram", StringComparison.Ordinal))
            return [exported + "_bucket", exported + "_count", exported + "_sum"];
        bool onlyGrows = kind.Contains("Counter", StringComparison.Ordinal) && !kind.Contains("UpDown", StringComparison.Ordinal);
        return [onlyGrows ? exported + "_total" : exported];
    }

    /// <summary>A copy of what compose reads, with the secrets that the script makes.</summary>
    private static async Task MakeSecrets(TemporaryFolder folder)
    {
        foreach (string path in Directory.EnumerateFiles(Path.Combine(Root, Folder), "*", SearchOption.AllDirectories)
            .Append(Path.Combine(Root, "docker-compose.yml")))
        {
            string copy = Path.Combine(folder.Path, Path.GetRelativePath(Root, path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }
        Tool.Expect(0, await Run(folder.Path, "sh", Folder + "/make-secrets.sh"), "make-secrets.sh");
    }

    private static Task<Ran> Run(string folder, string program, params string[] arguments) =>
        Tool.ToEnd(Tool.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder }));

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "PatientGrains.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("These tests run in a clone of the repository.");
    }

    [GeneratedRegex(@"\./([A-Za-z][\w./-]+)")]
    private static partial Regex NamedPath();

    [GeneratedRegex(@"^\s+(PATIENTGRAINS_[A-Z]+):", RegexOptions.Multiline)]
    private static partial Regex Setting();

    [GeneratedRegex(@"^\s+PATIENTGRAINS_(?<name>[A-Z]+): (?<value>.+)$", RegexOptions.Multiline)]
    private static partial Regex Value();

    [GeneratedRegex(@"\$\{(?<name>\w+):-(?<default>[^}]*)\}")]
    private static partial Regex Chosen();

    [GeneratedRegex(@"dotnet publish (\S+)")]
    private static partial Regex PublishedProject();

    [GeneratedRegex(@"\b(?:patientgrains|dotnet)_\w+")]
    private static partial Regex Metric();

    [GeneratedRegex("""Create(?<kind>[A-Z]\w+)(?:<\w+>)?\(\s*"(?<name>patientgrains[\w.]+)"(?:, \(\) => [^"]*)?,?[^"]*?"(?<unit>[^"]*)""")]
    private static partial Regex Instrument();
}

/// <summary>A test that runs programs of the system. Skipped where one is missing, but not in CI.</summary>
internal sealed class ProgramFactAttribute : FactAttribute
{
    public ProgramFactAttribute(params string[] programs)
    {
        var folders = Environment.GetEnvironmentVariable("PATH")!.Split(':');
        string[] missing = [.. programs.Where(program => !folders.Any(folder => File.Exists(Path.Combine(folder, program))))];
        if (missing.Length > 0 && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = $"{string.Join(" and ", missing)} is not installed";
    }
}

/// <summary>The same for Python with its package for YAML.</summary>
internal sealed class YamlFactAttribute : FactAttribute
{
    public YamlFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("CI") != "true" && !SuiteTool.Runs(SuiteTool.Command("python"), "-c", "import yaml"))
            Skip = "yaml is not there: apt-get install python3-yaml";
    }
}
