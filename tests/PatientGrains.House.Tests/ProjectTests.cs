using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PatientGrains.House.Tests;

/// <summary>
/// One build for all projects: versions in one place, warnings are errors, ambient time and blocking calls banned everywhere.
/// </summary>
internal static class ProjectRules
{
    private static readonly string[] Weakening =
        ["NoWarn", "WarningsNotAsErrors", "TreatWarningsAsErrors", "Nullable", "RunAnalyzers", "RunAnalyzersDuringBuild"];

    public static IEnumerable<string> OwnVersions(IEnumerable<Project> projects) =>
        from project in projects
        from reference in project.Elements("PackageReference").Concat(project.Elements("PackageVersion"))
        where reference.Attributes().Any(attribute => attribute.Name.LocalName.StartsWith("Version", StringComparison.Ordinal))
            || reference.HasElements
        select $"{project.Path}: {reference.Attribute("Include")?.Value} names its own version; src/Directory.Packages.props is the place.";

    public static IEnumerable<string> WeakerBuilds(IEnumerable<Project> projects) =>
        from project in projects
        from property in Weakening
        where project.Elements(property).Any() || project.Elements("PackageReference").Any(IsBannedSymbolsRemoval)
        select $"{project.Path}: {property} is for src/Directory.Build.props alone.";

    public static IEnumerable<string> MissingFromSolution(IEnumerable<Project> projects, string solution)
    {
        string[] listed = [.. Regex.Matches(solution, "\"([^\"]+\\.csproj)\"").Select(match => match.Groups[1].Value.Replace('\\', '/'))];
        string[] present = [.. projects.Select(project => project.Path)];
        return
        [
            .. present.Except(listed).Select(path => $"{path} is not in PatientGrains.sln."),
            .. listed.Except(present).Select(path => $"{path} is in PatientGrains.sln, but not on disk."),
        ];
    }

    public static IEnumerable<string> Missing(IEnumerable<string> required, string banned) =>
        required.Where(symbol => !banned.Split('\n').Any(line => line.StartsWith(symbol + ";", StringComparison.Ordinal)))
            .Select(symbol => $"{symbol} is not banned.");

    private static bool IsBannedSymbolsRemoval(XElement reference) => reference.Attribute("Remove") is not null;
}

public class ProjectTests
{
    /// <summary>What only a composition root may touch, as the analyzer of banned symbols names it.</summary>
    private static readonly string[] Ambient =
    [
        "P:System.DateTime.Now", "P:System.DateTime.UtcNow", "P:System.DateTime.Today", "P:System.DateTimeOffset.Now",
        "P:System.DateTimeOffset.UtcNow",
        "M:System.Guid.NewGuid", "P:System.Random.Shared",
        "M:System.Threading.Thread.Sleep(System.Int32)", "M:System.Threading.Thread.Sleep(System.TimeSpan)",
        "P:System.Threading.Tasks.Task`1.Result", "P:System.Threading.Tasks.ValueTask`1.Result",
        "M:System.Threading.Tasks.Task.Wait", "M:System.Threading.Tasks.Task.Wait(System.Int32)",
        "M:System.Threading.Tasks.Task.Wait(System.TimeSpan)",
        "M:System.Threading.Tasks.Task.Wait(System.Threading.CancellationToken)",
        "M:System.Console.Write(System.String)", "M:System.Console.WriteLine(System.String)", "M:System.Console.WriteLine",
    ];

    [Fact]
    public void Package_versions_stand_in_one_place() => House.Holds(ProjectRules.OwnVersions(Repository.Projects));

    [Theory]
    [InlineData("""<PackageReference Include="A" Version="1.0" />""", true)]
    [InlineData("""<PackageReference Include="A" VersionOverride="1.0" />""", true)]
    [InlineData("""<PackageReference Include="A"><Version>1.0</Version></PackageReference>""", true)]
    [InlineData("""<PackageReference Include="A" PrivateAssets="all" />""", false)]
    // A download cannot name its version anywhere else.
    [InlineData("""<PackageDownload Include="A" Version="[1.0]" />""", false)]
    public void A_version_in_a_project_is_caught(string item, bool caught) =>
        Assert.Equal(caught, ProjectRules.OwnVersions([Of($"<ItemGroup>{item}</ItemGroup>")]).Any());

    [Fact]
    public void No_project_builds_by_weaker_rules() => House.Holds(ProjectRules.WeakerBuilds(Repository.Projects));

    [Theory]
    [InlineData("<PropertyGroup><NoWarn>CS8618</NoWarn></PropertyGroup>")]
    [InlineData("<PropertyGroup><TreatWarningsAsErrors>false</TreatWarningsAsErrors></PropertyGroup>")]
    [InlineData("""<ItemGroup><PackageReference Remove="Microsoft.CodeAnalysis.BannedApiAnalyzers" /></ItemGroup>""")]
    public void A_weaker_build_is_caught(string content) => Assert.NotEmpty(ProjectRules.WeakerBuilds([Of(content)]));

    [Fact]
    public void Warnings_are_errors_and_nullability_is_checked()
    {
        string shared = Repository.Read("src/Directory.Build.props");
        Assert.Contains("<TreatWarningsAsErrors>true</TreatWarningsAsErrors>", shared);
        Assert.Contains("<Nullable>enable</Nullable>", shared);
        Assert.Contains("<InvariantGlobalization>true</InvariantGlobalization>", shared);
        Assert.DoesNotContain("<NoWarn>", shared);
    }

    [Fact]
    public void Every_project_of_src_is_watched_by_the_analyzer_of_banned_symbols()
    {
        var shared = new Project("src/Directory.Build.props", Repository.Read("src/Directory.Build.props"));
        var watched = Assert.Single(shared.Elements("PackageReference"),
            reference => reference.Attribute("Include")!.Value.EndsWith("BannedApiAnalyzers"));
        Assert.Equal("'$(IsTestProject)' != 'true'", watched.Parent!.Attribute("Condition")!.Value);
        Assert.Contains(watched.Parent.Elements("AdditionalFiles"), file => file.Attribute("Include")!.Value.EndsWith("BannedSymbols.txt"));
        // A nearer Directory.Build.props would replace the shared one.
        string[] nearer = [.. Repository.Paths.Where(path => path.EndsWith("/Directory.Build.props") && path.Count(c => c == '/') > 1)];
        Assert.Empty(nearer);
        foreach (string leaf in (string[])["tests", "loadtests"])
            Assert.Contains("""<Import Project="../src/Directory.Build.props" />""", Repository.Read($"{leaf}/Directory.Build.props"));
    }

    [Fact]
    public void Ambient_time_ids_randomness_blocking_and_the_console_are_banned_symbols() =>
        House.Holds(ProjectRules.Missing(Ambient, Repository.Read("src/BannedSymbols.txt")));

    [Fact]
    public void A_symbol_that_is_no_longer_banned_is_caught() =>
        Assert.Single(ProjectRules.Missing(["M:System.Guid.NewGuid", "P:System.Random.Shared"], "M:System.Guid.NewGuid; why\n"));

    [Fact]
    public void The_solution_holds_every_project() =>
        House.Holds(ProjectRules.MissingFromSolution(Repository.Projects, Repository.Read("PatientGrains.sln")));

    [Theory]
    [InlineData("")]
    [InlineData("""= "B", "src\PatientGrains.Core\PatientGrains.Core.csproj", "src\B\B.csproj" """)]
    public void A_solution_that_differs_from_the_disk_is_caught(string solution) =>
        Assert.Single(ProjectRules.MissingFromSolution([Of("")], solution));

    private static Project Of(string content) => new("src/PatientGrains.Core/PatientGrains.Core.csproj", $"<Project>{content}</Project>");
}
