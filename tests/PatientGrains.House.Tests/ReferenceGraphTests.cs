namespace PatientGrains.House.Tests;

/// <summary>Dependencies point down only.</summary>
internal static class ReferenceGraph
{
    /// <summary>
    /// Who may see whom; what a project sees, it may also see through. The Gateway knows grains only by their contracts, and nobody but the
    /// grains and the composition root knows the log.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string[]> Arrows = new Dictionary<string, string[]>
    {
        ["PatientGrains.Core"] = [],
        ["PatientGrains.Grpc"] = [],
        ["PatientGrains.Synthetic"] = [],
        ["Orleans.Local"] = [],
        ["PatientGrains.Log"] = ["PatientGrains.Core"],
        ["PatientGrains.Fhir"] = ["PatientGrains.Core"],
        ["PatientGrains.Hl7v2"] = ["PatientGrains.Core"],
        // Grain interfaces are written against the engine that is built for.
        ["PatientGrains.Contracts"] = ["PatientGrains.Core", "Orleans.Local"],
        ["PatientGrains.Grains"] = ["PatientGrains.Contracts", "PatientGrains.Log"],
        ["PatientGrains.Analytics"] = ["PatientGrains.Contracts", "PatientGrains.Fhir"],
        ["PatientGrains.Gateway"] = ["PatientGrains.Contracts", "PatientGrains.Fhir", "PatientGrains.Hl7v2", "PatientGrains.Grpc"],
        // Run by hand; writes the tables that Fhir embeds.
        ["PatientGrains.Fhir.Generator"] = ["PatientGrains.Fhir"],
        ["PatientGrains.Host"] =
        [
            "PatientGrains.Gateway", "PatientGrains.Grains", "PatientGrains.Analytics", "PatientGrains.Synthetic", "PatientGrains.Log",
        ],
    };

    public static IEnumerable<string> Violations(IEnumerable<Project> projects)
    {
        foreach (var project in projects)
        {
            if (!project.IsSource)
            {
                foreach (string seen in project.References.Where(seen => seen.EndsWith(".Tests", StringComparison.Ordinal)))
                    yield return $"{project.Name} references {seen}: tests are leaves; only a program that tests run may be shared.";
                continue;
            }
            if (!Arrows.ContainsKey(project.Name))
            {
                yield return $"{project.Name} is unknown: add it to the graph in {nameof(ReferenceGraph)}.{nameof(Arrows)}.";
                continue;
            }
            var allowed = Below(project.Name);
            foreach (string seen in project.References.Where(seen => !allowed.Contains(seen)))
                yield return $"{project.Name} must not reference {seen}.";
        }
    }

    private static HashSet<string> Below(string project)
    {
        var below = new HashSet<string>();
        var open = new Stack<string>(Arrows[project]);
        while (open.TryPop(out string? next))
        {
            if (below.Add(next))
                Array.ForEach(Arrows[next], open.Push);
        }
        return below;
    }
}

public class ReferenceGraphTests
{
    [Fact]
    public void Projects_reference_only_what_lies_below_them() => House.Holds(ReferenceGraph.Violations(Repository.Projects));

    [Fact]
    public void Core_references_no_package() =>
        House.Holds(Repository.Projects.Where(project => project.Name == "PatientGrains.Core").SelectMany(project => project.Packages));

    [Theory]
    [InlineData("src/PatientGrains.Core/PatientGrains.Core.csproj", "PatientGrains.Log", "must not reference")]
    [InlineData("src/PatientGrains.Gateway/PatientGrains.Gateway.csproj", "PatientGrains.Grains", "must not reference")]
    [InlineData("src/PatientGrains.Gateway/PatientGrains.Gateway.csproj", "PatientGrains.Log", "must not reference")]
    [InlineData("src/PatientGrains.Fhir/PatientGrains.Fhir.csproj", "PatientGrains.Fhir.Generator", "must not reference")]
    [InlineData("src/PatientGrains.Log/PatientGrains.Log.csproj", "PatientGrains.Core.Tests", "must not reference")]
    [InlineData("src/PatientGrains.Extra/PatientGrains.Extra.csproj", "PatientGrains.Core", "add it to the graph")]
    [InlineData("tests/PatientGrains.Log.Tests/PatientGrains.Log.Tests.csproj", "PatientGrains.Core.Tests", "leaves")]
    public void An_arrow_that_points_up_is_caught(string path, string reference, string complaint)
    {
        var project = new Project(path, $"""<Project><ProjectReference Include="../x/{reference}.csproj" /></Project>""");
        Assert.Contains(complaint, Assert.Single(ReferenceGraph.Violations([project])));
    }

    [Theory]
    [InlineData("src/PatientGrains.Gateway/PatientGrains.Gateway.csproj", "PatientGrains.Core")]
    [InlineData("src/PatientGrains.Host/PatientGrains.Host.csproj", "PatientGrains.Fhir")]
    [InlineData("tests/PatientGrains.Gateway.Tests/PatientGrains.Gateway.Tests.csproj", "PatientGrains.Grains")]
    [InlineData("tests/PatientGrains.Log.Tests/PatientGrains.Log.Tests.csproj", "PatientGrains.Log.CrashChild")]
    public void An_arrow_that_points_down_is_allowed(string path, string reference)
    {
        var project = new Project(path, $"""<Project><ProjectReference Include="../x/{reference}.csproj" /></Project>""");
        Assert.Empty(ReferenceGraph.Violations([project]));
    }
}
