using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Orleans.Local.Tests;

/// <summary>What Orleans.Local offers in Orleans's namespaces exists in Orleans 10.4.2 with the same signature.</summary>
public sealed class ApiTests
{
    /// <summary>Ours by intent. Only the composition root may use them.</summary>
    static readonly string[] OurOwn = ["Orleans.Hosting.LocalEngineOptions", "Orleans.Hosting.LocalEngineHosting"];

    [Fact]
    public void Every_type_of_ours_is_in_the_abstractions_or_in_the_transcribed_list_or_ours_by_intent()
    {
        HashSet<string> elsewhere = [.. typeof(Grain).Assembly.GetExportedTypes()
            .Where(type => TranscribedApi.Types.ContainsKey(CSharpText.Header(type))).Select(type => type.FullName!)];
        Assert.Equal([], Ours().Keys.Except([.. Theirs().Keys, .. elsewhere, .. OurOwn]));
        Assert.Equal([], OurOwn.Except(Ours().Keys));
        Assert.Equal(TranscribedApi.Types.Count, elsewhere.Count);
    }

    [Fact]
    public void What_is_in_the_abstractions_has_the_same_signatures_there()
    {
        Dictionary<string, HashSet<string>> theirs = Theirs();
        string[] differing = [.. Ours()
            .Where(type => theirs.ContainsKey(type.Key))
            .SelectMany(type => type.Value.Except(theirs[type.Key]).Select(line => $"{type.Key}: {line}"))];
        Assert.True(differing.Length == 0, string.Join("\n", differing));
        Assert.True(Ours().Keys.Count(theirs.ContainsKey) >= 30, "The comparison has lost its subject.");
    }

    [Fact]
    public void What_is_in_other_assemblies_of_Orleans_is_as_transcribed()
    {
        Type[] ours = [.. typeof(Grain).Assembly.GetExportedTypes()
            .Where(type => TranscribedApi.Types.ContainsKey(CSharpText.Header(type)))];
        string[] differing = [.. ours.SelectMany(type => CSharpText.Members(type)
            .Except(TranscribedApi.Types[CSharpText.Header(type)].Members)
            .Concat(CSharpText.BaseTypes(type).Except(TranscribedApi.Types[CSharpText.Header(type)].BaseTypes))
            .Select(line => $"{type.FullName}: {line}"))];
        Assert.True(differing.Length == 0, string.Join("\n", differing));
    }

    [Fact]
    public void The_numbers_of_the_deactivation_reasons_are_Orleans_own()
    {
        const string reasons = "Orleans.DeactivationReasonCode";
        Assert.Equal(Theirs()[reasons].Order(), Ours()[reasons].Order());
    }

    static Dictionary<string, HashSet<string>> Ours() => Read(typeof(Grain).Assembly.Location);

    static Dictionary<string, HashSet<string>> Theirs() => Read(typeof(ApiTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "OrleansCoreAbstractions").Value!);

    static Dictionary<string, HashSet<string>> Read(string path)
    {
        using PEReader file = new(File.OpenRead(path));
        return new Signatures(file.GetMetadataReader()).OfAllPublicTypes();
    }
}
