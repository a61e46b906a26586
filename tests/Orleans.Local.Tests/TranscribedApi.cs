namespace Orleans.Local.Tests;
internal static class TranscribedApi { internal static readonly Dictionary<string, HashSet<string>> Types = new(); }
